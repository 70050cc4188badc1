/**
 * Tables from numbers in memory.
 *
 * @since 0.1.0
 */
import { Result } from "effect"
import { DataError } from "./DataError.ts"
import { count, listRows, quote } from "./internal/wording.ts"
import { makeTable, type Table } from "./Table.ts"

/**
 * Numbers as someone has them in memory: arrays of rows, or one flat row-major array and a width.
 *
 * @category models
 * @since 0.1.0
 */
export type RowsInput =
  | ReadonlyArray<ArrayLike<number>>
  | { readonly values: Float32Array | Float64Array; readonly columns: number }

type FlatRows = Extract<RowsInput, { readonly columns: number }>

const isFlat = (rows: RowsInput): rows is FlatRows => !Array.isArray(rows)

const defaultNames = (width: number): ReadonlyArray<string> =>
  Array.from({ length: width }, (_, j) => `column${j + 1}`)

const notANumber = (value: unknown, column: string, row: number): DataError =>
  new DataError({
    reason: "NotANumber",
    problem: `column ${quote(column)} has ${quote(String(value))} in row ${row} (counting from 0)`,
    expected: "a number",
    hint: "Convert it with Number(...), or leave the column out.",
    column,
    rows: [row],
  })

/**
 * Makes a table from rows in memory.
 *
 * **Details**
 *
 * - Shapes: `rows: [n, d]`, or flat `values: [n * d]` with `columns: d`; the numbers are copied
 * - `names`: `d` names; without them `column1`, `column2`, ...
 * - NaN and infinities are kept: `checkFittable` is what refuses them
 * - Fails: `DataError` with reason `Ragged` (rows of different lengths, or a wrong number of names),
 *   `NotANumber` (something that is no number at all), `DuplicateColumn`, `TooFewRows` (no row, so no width)
 *
 * **Example** (Two rows)
 *
 * ```ts
 * import { fromRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * Result.getOrThrow(fromRows([[1, 2], [3, 4]], ["x", "y"])).rows // => 2
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromRows = (
  rows: RowsInput,
  names?: ReadonlyArray<string>,
): Result.Result<Table, DataError> => {
  const width = isFlat(rows) ? rows.columns : rows[0]?.length
  if (width === undefined)
    return Result.fail(
      new DataError({
        reason: "TooFewRows",
        problem: "there are no rows",
        expected: "1 row or more",
        hint: "Give an array of rows, each an array of numbers.",
      }),
    )
  if (names !== undefined && names.length !== width)
    return Result.fail(
      new DataError({
        reason: "Ragged",
        problem: `${count(names.length, "name")} for ${count(width, "column")}`,
        expected: "one name for each column",
        hint: `Give ${count(width, "name")}.`,
      }),
    )
  const columns = names ?? defaultNames(width)
  if (isFlat(rows)) {
    const { values } = rows
    if (!Number.isInteger(width) || width < 1 || values.length % width !== 0)
      return Result.fail(
        new DataError({
          reason: "Ragged",
          problem: `${count(values.length, "value")} do not divide into rows of ${width}`,
          expected: "a whole number of rows",
          hint: "Check `columns`, the number of values in a row.",
        }),
      )
    return makeTable(columns, values.length / width, Float64Array.from(values))
  }
  const odd = rows.flatMap((row, i) => (row?.length === width ? [] : [i]))
  if (odd.length > 0)
    return Result.fail(
      new DataError({
        reason: "Ragged",
        problem: `${listRows(odd)} (counting from 0) ${odd.length === 1 ? "has" : "have"} another length than row 0`,
        expected: `${count(width, "number")} in each row`,
        hint: "Make all rows equally long.",
        rows: odd.slice(0, 5),
      }),
    )
  const values = new Float64Array(rows.length * width)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    for (let j = 0; j < width; j++) {
      const value: unknown = row[j]
      if (typeof value !== "number") return Result.fail(notANumber(value, columns[j]!, i))
      values[i * width + j] = value
    }
  }
  return makeTable(columns, rows.length, values)
}

/**
 * Makes a table from columns in memory, in the order of the record's keys.
 *
 * **Details**
 *
 * - Shapes: each column `[n]`
 * - Fails: `DataError` with reason `Ragged` when the columns have different lengths, `NoNumericColumns` when
 *   there are none
 *
 * **Example** (Two columns)
 *
 * ```ts
 * import { fromColumns, toRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * toRows(Result.getOrThrow(fromColumns({ x: [1, 3], y: [2, 4] }))) // => [[1, 2], [3, 4]]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromColumns = (
  columns: Readonly<Record<string, ArrayLike<number>>>,
): Result.Result<Table, DataError> => {
  const names = Object.keys(columns)
  const first = names[0]
  const rows = first === undefined ? 0 : columns[first]!.length
  const values = new Float64Array(rows * names.length)
  for (const [j, name] of names.entries()) {
    const column = columns[name]!
    if (column.length !== rows)
      return Result.fail(
        new DataError({
          reason: "Ragged",
          problem: `column ${quote(name)} has ${count(column.length, "value")}, column ${quote(first!)} has ${rows}`,
          expected: "columns of one length",
          hint: "Make all columns equally long.",
          column: name,
        }),
      )
    for (let i = 0; i < rows; i++) {
      const value: unknown = column[i]
      if (typeof value !== "number") return Result.fail(notANumber(value, name, i))
      values[i * names.length + j] = value
    }
  }
  return makeTable(names, rows, values)
}
