import { Result } from "effect"
import { checkFinite } from "./checkFinite.ts"
import { DataError } from "./DataError.ts"
import { count, quote } from "./internal/wording.ts"
import type { Table } from "./Table.ts"

/**
 * Checks that a density can be fitted to the table; returns it unchanged.
 *
 * **When to use**
 *
 * Use before training, on tables from files and on rows given in memory alike.
 *
 * **Details**
 *
 * Fails with a `DataError` of reason
 *
 * - `TooFewRows`: fewer than two rows
 * - `NotFinite`: a NaN or an infinity; see {@link checkFinite}
 * - `ConstantColumn`: a column with one value only: its density is a spike of infinite height
 *
 * Row numbers in the errors count from 0.
 *
 * **Example** (A constant column)
 *
 * ```ts
 * import { checkFittable, fromRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const table = Result.getOrThrow(fromRows([[1, 7], [2, 7]], ["x", "y"]))
 * Result.getOrThrow(Result.flip(checkFittable(table))).reason // => "ConstantColumn"
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const checkFittable = <T extends Table>(table: T): Result.Result<T, DataError> => {
  if (table.rows < 2)
    return Result.fail(
      new DataError({
        reason: "TooFewRows",
        problem: `the table has ${count(table.rows, "row")}`,
        expected: "2 rows or more to fit a density (hundreds for a good one)",
        hint: "Add rows.",
      }),
    )
  return Result.flatMap(checkFinite(table), () => {
    const width = table.columns.length
    const constant = table.columns.findIndex((_, j) => {
      for (let i = 1; i < table.rows; i++)
        if (table.values[i * width + j] !== table.values[j]) return false
      return true
    })
    if (constant < 0) return Result.succeed(table)
    const name = table.columns[constant]!
    return Result.fail(
      new DataError({
        reason: "ConstantColumn",
        problem: `column ${quote(name)} is ${table.values[constant]} in every row`,
        expected: "a column that varies",
        hint: "Leave this column out.",
        column: name,
      }),
    )
  })
}
