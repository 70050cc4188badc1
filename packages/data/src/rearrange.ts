/**
 * Tables from other tables: columns and rows chosen, in another order, side by side.
 *
 * @since 0.1.0
 */
import { Result } from "effect"
import { DataError } from "./DataError.ts"
import { count } from "./internal/wording.ts"
import { makeTable, missingColumn, type Table } from "./Table.ts"

/**
 * Keeps the named columns, in the order of `names`.
 *
 * **Details**
 *
 * - Fails: `DataError` with reason `MissingColumn` (it suggests the nearest name and lists the others),
 *   `DuplicateColumn`, or `NoNumericColumns` when `names` is empty
 *
 * **Example** (Swapping two columns)
 *
 * ```ts
 * import { fromRows, select, toRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const table = Result.getOrThrow(fromRows([[1, 2]], ["x", "y"]))
 * toRows(Result.getOrThrow(select(table, ["y", "x"]))) // => [[2, 1]]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const select = (
  table: Table,
  names: ReadonlyArray<string>,
): Result.Result<Table, DataError> => {
  const indices = names.map((name) => table.columns.indexOf(name))
  const missing = indices.indexOf(-1)
  if (missing >= 0) return Result.fail(missingColumn(names[missing]!, table.columns))
  const width = table.columns.length
  const values = new Float64Array(table.rows * names.length)
  let at = 0
  for (let i = 0; i < table.rows; i++)
    for (const j of indices) values[at++] = table.values[i * width + j]!
  return makeTable(names, table.rows, values)
}

/**
 * Puts the columns of another table behind those of this one, row beside row.
 *
 * **Details**
 *
 * - Fails: `DataError` with reason `Ragged` when the tables have different numbers of rows, `DuplicateColumn` when a name
 *   is in both
 *
 * **Example** (Two tables side by side)
 *
 * ```ts
 * import { fromColumns, joinColumns, toRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const [left, right] = [{ x: [1, 3] }, { y: [2, 4] }].map((of) => Result.getOrThrow(fromColumns(of)))
 * toRows(Result.getOrThrow(joinColumns(left!, right!))) // => [[1, 2], [3, 4]]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const joinColumns = (table: Table, further: Table): Result.Result<Table, DataError> => {
  if (table.rows !== further.rows)
    return Result.fail(
      new DataError({
        reason: "Ragged",
        problem: `${count(table.rows, "row")} beside ${count(further.rows, "row")}`,
        expected: "tables with the same number of rows",
        hint: "Give a row of one for each row of the other.",
      }),
    )
  const [left, right] = [table.columns.length, further.columns.length]
  const values = new Float64Array(table.rows * (left + right))
  for (let i = 0; i < table.rows; i++) {
    const at = i * (left + right)
    values.set(table.values.subarray(i * left, (i + 1) * left), at)
    values.set(further.values.subarray(i * right, (i + 1) * right), at + left)
  }
  return makeTable([...table.columns, ...further.columns], table.rows, values)
}

/**
 * Puts tables of the same columns one below the other.
 *
 * **Gotchas**
 *
 * No table, or tables of different columns, are a programmer's error and throw a `RangeError`.
 *
 * **Example** (Two parts)
 *
 * ```ts
 * import { fromRows, joinRows, toRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const parts = [[[1], [2]], [[3]]].map((rows) => Result.getOrThrow(fromRows(rows)))
 * toRows(joinRows(parts)) // => [[1], [2], [3]]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const joinRows = (parts: ReadonlyArray<Table>): Table => {
  const names = new Set(parts.map(({ columns }) => columns.join("\n")))
  if (names.size !== 1)
    throw new RangeError(`joinRows: expected tables of the same columns, got ${names.size} kinds`)
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const { columns } = parts[0]!
  const values = new Float64Array(rows * columns.length)
  let at = 0
  for (const part of parts) {
    values.set(part.values, at)
    at += part.values.length
  }
  return { columns, rows, values }
}

/**
 * Keeps the rows at `indices` (counted from 0), in that order; an index may come twice.
 *
 * **Gotchas**
 *
 * An index outside the table is a programmer's error and throws a `RangeError`.
 *
 * **Example** (The last row first)
 *
 * ```ts
 * import { fromRows, takeRows, toRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const table = Result.getOrThrow(fromRows([[1], [2], [3]]))
 * toRows(takeRows(table, [2, 0])) // => [[3], [1]]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const takeRows = (table: Table, indices: ArrayLike<number>): Table => {
  const width = table.columns.length
  const values = new Float64Array(indices.length * width)
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!
    if (!Number.isInteger(row) || row < 0 || row >= table.rows)
      throw new RangeError(
        `takeRows: expected row indices from 0 to ${table.rows - 1}, got ${row} at position ${i}`,
      )
    values.set(table.values.subarray(row * width, (row + 1) * width), i * width)
  }
  return { columns: table.columns, rows: indices.length, values }
}

/**
 * Each row so many times, one after another.
 *
 * **Example** (Twice)
 *
 * ```ts
 * import { fromRows, repeatRows, toRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * toRows(repeatRows(Result.getOrThrow(fromRows([[1], [2]])), 2)) // => [[1], [1], [2], [2]]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const repeatRows = (table: Table, times: number): Table =>
  takeRows(
    table,
    Array.from({ length: table.rows * times }, (_, i) => Math.floor(i / times)),
  )
