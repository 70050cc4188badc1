import { Result } from "effect"
import { DataError } from "./DataError.ts"
import { count, listRows, quote } from "./internal/wording.ts"
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
 * Training runs in single precision, so the checks are made on the values as single precision sees them.
 * Fails with a `DataError` of reason
 *
 * - `TooFewRows`: fewer than two rows
 * - `NotFinite`: a NaN, an infinity, or a value beyond 3.4e38
 * - `ConstantColumn`: a column with one value only (its density is a spike of infinite height), or whose
 *   values differ by less than single precision resolves
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
  const width = table.columns.length
  for (const [j, name] of table.columns.entries()) {
    const bad: Array<number> = []
    let total = 0
    let worst = 0
    for (let i = 0; i < table.rows; i++) {
      const value = table.values[i * width + j]!
      if (Number.isFinite(Math.fround(value))) continue
      if (total++ === 0) worst = value
      if (bad.length < 5) bad.push(i)
    }
    if (total > 0)
      return Result.fail(
        new DataError({
          reason: "NotFinite",
          problem: `column ${quote(name)} is not finite in ${listRows(bad, total)} (counting from 0; first ${worst})`,
          expected: "finite numbers below 3.4e38",
          hint: `Remove or fill ${total === 1 ? "this row" : `these ${total} rows`}.`,
          column: name,
          rows: bad,
        }),
      )
  }
  for (const [j, name] of table.columns.entries()) {
    const first = table.values[j]!
    let same = true
    let sameRounded = true
    for (let i = 1; i < table.rows && sameRounded; i++) {
      const value = table.values[i * width + j]!
      same &&= value === first
      sameRounded &&= Math.fround(value) === Math.fround(first)
    }
    if (sameRounded)
      return Result.fail(
        new DataError({
          reason: "ConstantColumn",
          problem: same
            ? `column ${quote(name)} is ${first} in every row`
            : `column ${quote(name)} varies around ${first} by less than single precision resolves`,
          expected: "a column that varies",
          hint: same ? "Leave this column out." : `Subtract ${first} from it first.`,
          column: name,
        }),
      )
  }
  return Result.succeed(table)
}
