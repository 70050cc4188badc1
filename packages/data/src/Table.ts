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
import { listNames, quote } from "./internal/wording.ts"

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

/** A table, if its columns have names, all different. */
export const makeTable = (
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
