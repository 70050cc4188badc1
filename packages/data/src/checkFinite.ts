import { Result } from "effect"
import { DataError } from "./DataError.ts"
import { listRows, quote } from "./internal/wording.ts"
import type { Table } from "./Table.ts"

/**
 * Checks that every value is a finite number; returns the table unchanged.
 *
 * **Details**
 *
 * - Fails: `DataError` with reason `NotFinite`, with the first rows at fault (counted from 0) and how many there are
 *
 * **Example** (A missing value)
 *
 * ```ts
 * import { checkFinite, fromRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const table = Result.getOrThrow(fromRows([[1, 2], [NaN, 3]]))
 * Result.getOrThrow(Result.flip(checkFinite(table))).rows // => [1]
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const checkFinite = <T extends Table>(table: T): Result.Result<T, DataError> => {
  const width = table.columns.length
  for (const [j, name] of table.columns.entries()) {
    const bad: Array<number> = []
    let total = 0
    for (let i = 0; i < table.rows; i++) {
      if (Number.isFinite(table.values[i * width + j]!)) continue
      total += 1
      if (bad.length < 5) bad.push(i)
    }
    if (total > 0)
      return Result.fail(
        new DataError({
          reason: "NotFinite",
          problem:
            `column ${quote(name)} is not finite in ${listRows(bad, total)} ` +
            `(counting from 0; first ${table.values[bad[0]! * width + j]})`,
          expected: "finite numbers",
          hint: `Remove or fill ${total === 1 ? "this row" : `these ${total} rows`}.`,
          column: name,
          rows: bad,
        }),
      )
  }
  return Result.succeed(table)
}
