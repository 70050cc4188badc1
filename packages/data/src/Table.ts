/**
 * A table of numbers: named columns, rows in row-major order. Plain values, no file in sight.
 *
 * What can fail on a user's data or names returns a `Result`; inside Effect use `Effect.fromResult`,
 * outside `Result.getOrThrow`.
 *
 * @since 0.1.0
 */
import { Result } from "effect"
import { DataError } from "./DataError.ts"
import { nearestName } from "./internal/nearestName.ts"
import { count, listNames, listRows, quote } from "./internal/wording.ts"

/**
 * An immutable table of numbers.
 *
 * **Details**
 *
 * - `columns`: the names, all different and not empty
 * - `rows`: how many rows
 * - `values`: row-major, shape `[rows, columns.length]`: row `i`, column `j` is
 *   `values[i * columns.length + j]`. Not to be written to.
 *
 * @category models
 * @since 0.1.0
 */
export interface Table {
  readonly columns: ReadonlyArray<string>
  readonly rows: number
  readonly values: Float64Array
}

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

const make = (
  columns: ReadonlyArray<string>,
  rows: number,
  values: Float64Array,
): Result.Result<Table, DataError> => {
  if (columns.length === 0)
    return Result.fail(
      new DataError({
        reason: "NoNumericColumns",
        problem: "the table has no columns",
        expected: "1 column or more",
        hint: "Give at least one number per row.",
      }),
    )
  const twice = columns.find((name, j) => name === "" || columns.indexOf(name) !== j)
  if (twice !== undefined)
    return Result.fail(
      new DataError({
        reason: "DuplicateColumn",
        problem: twice === "" ? "a column has no name" : `two columns are called ${quote(twice)}`,
        expected: "a different name for each column",
        hint: "Rename one of them.",
        column: twice,
      }),
    )
  return Result.succeed({ columns: [...columns], rows, values })
}

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
    return make(columns, values.length / width, Float64Array.from(values))
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
      if (typeof value !== "number")
        return Result.fail(
          new DataError({
            reason: "NotANumber",
            problem: `row ${i} (counting from 0) has ${quote(String(value))} in column ${quote(columns[j]!)}`,
            expected: "a number",
            hint: "Convert it with Number(...), or leave the column out.",
            column: columns[j]!,
            rows: [i],
          }),
        )
      values[i * width + j] = value
    }
  }
  return make(columns, rows.length, values)
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
      if (typeof value !== "number")
        return Result.fail(
          new DataError({
            reason: "NotANumber",
            problem: `column ${quote(name)} has ${quote(String(value))} in row ${i} (counting from 0)`,
            expected: "a number",
            hint: "Convert it with Number(...), or leave the column out.",
            column: name,
            rows: [i],
          }),
        )
      values[i * names.length + j] = value
    }
  }
  return make(names, rows, values)
}

/** The error of every function that takes a column's name. */
export const missingColumn = (
  name: string,
  available: ReadonlyArray<string>,
  path?: string,
): DataError => {
  const nearest = nearestName(name, available)
  return new DataError({
    reason: "MissingColumn",
    problem: `there is no column ${quote(name)}`,
    expected: `one of ${listNames(available)}`,
    hint: nearest === undefined ? "Choose among these." : `Did you mean ${quote(nearest)}?`,
    column: name,
    ...(path === undefined ? {} : { path }),
  })
}

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
  return make(names, table.rows, values)
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
  return make([...table.columns, ...further.columns], table.rows, values)
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

/**
 * The table as arrays of rows: `number[rows][columns]`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toRows = (table: Table): Array<Array<number>> => {
  const width = table.columns.length
  return Array.from({ length: table.rows }, (_, i) =>
    Array.from(table.values.subarray(i * width, (i + 1) * width)),
  )
}

/**
 * A copy of one column, shape `[rows]`.
 *
 * **Details**
 *
 * - Fails: `DataError` with reason `MissingColumn`
 *
 * **Example** (One column)
 *
 * ```ts
 * import { column, fromRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const table = Result.getOrThrow(fromRows([[1, 2], [3, 4]], ["x", "y"]))
 * Result.getOrThrow(column(table, "y")) // => Float64Array [2, 4]
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const column = (table: Table, name: string): Result.Result<Float64Array, DataError> => {
  const j = table.columns.indexOf(name)
  if (j < 0) return Result.fail(missingColumn(name, table.columns))
  const width = table.columns.length
  return Result.succeed(
    Float64Array.from({ length: table.rows }, (_, i) => table.values[i * width + j]!),
  )
}
