import { Result } from "effect"
import { DataError } from "./DataError.ts"
import { quote } from "./internal/wording.ts"
import type { Table } from "./Table.ts"

/** Rows that are looked at, at most: what is a linear function in so many is one. */
const most = 5000

/** The share of a column's variance that may be left unexplained by the columns before it. */
const leastShare = 1e-9

/**
 * Checks that no column is a linear function of the others; returns the table unchanged.
 *
 * **Details**
 *
 * - `noise`: the variance of noise that will be added to each column, which makes up for a dependence
 * - Nothing is refused where there are not more rows than columns: there every column is one of the others
 * - Fails: `DataError` with reason `DependentColumn`: all rows lie in a plane, where a density is infinite
 *
 * **Example** (Metres and feet)
 *
 * ```ts
 * import { checkIndependent, fromRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const table = Result.getOrThrow(fromRows([[1, 3.28], [2, 6.56], [4, 13.12], [5, 16.4]], ["m", "ft"]))
 * Result.getOrThrow(Result.flip(checkIndependent(table))).column // => "ft"
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const checkIndependent = <T extends Table>(
  table: T,
  noise: ReadonlyArray<number> = [],
): Result.Result<T, DataError> => {
  const width = table.columns.length
  const count = Math.min(table.rows, most)
  if (count <= width + 1) return Result.succeed(table)
  // Columns by themselves, centred and of length 1, without what the columns before them explain: Gram and Schmidt, twice
  // for each, which is as exact as it can be.
  const directions: Array<Float64Array> = []
  for (const [j, name] of table.columns.entries()) {
    const column = Float64Array.from({ length: count }, (_, i) => {
      const row = Math.floor((i * table.rows) / count)
      return table.values[row * width + j]!
    })
    const mean = column.reduce((sum, value) => sum + value, 0) / count
    for (let i = 0; i < count; i++) column[i]! -= mean
    const variance = dot(column, column) / count
    if (!(variance > 0)) continue
    for (let i = 0; i < count; i++) column[i]! /= Math.sqrt(variance * count)
    const nearest = directions.map((direction) => Math.abs(dot(direction, column)))
    for (const direction of [...directions, ...directions]) {
      const along = dot(direction, column)
      for (let i = 0; i < count; i++) column[i]! -= along * direction[i]!
    }
    const left = dot(column, column)
    if (left + (noise[j] ?? 0) / variance < leastShare) {
      const alone = nearest.findIndex((share) => share ** 2 > 1 - leastShare)
      return Result.fail(
        new DataError({
          reason: "DependentColumn",
          problem:
            `column ${quote(name)} is a linear function of ` +
            (alone >= 0 ? `column ${quote(table.columns[alone]!)}` : "the columns before it") +
            ": all rows lie in a plane, where a density has no bound",
          expected: "columns that vary on their own",
          hint: "Leave this column out, and compute it from the others where you need it.",
          column: name,
        }),
      )
    }
    const length = Math.sqrt(left)
    directions.push(left < leastShare ? new Float64Array(count) : column.map((v) => v / length))
  }
  return Result.succeed(table)
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
