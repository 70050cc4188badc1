import type { Table } from "./Table.ts"

/** Rows that are looked at, at most. */
const most = 100_000

/**
 * The share of rows that are exact copies of an earlier one, among the first 100,000.
 *
 * ```ts
 * import { copiedShare, fromRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * copiedShare(Result.getOrThrow(fromRows([[1, 2], [3, 4], [1, 2], [1, 2]]))) // => 0.5
 * ```
 *
 * @category profiles
 * @since 0.1.0
 */
export const copiedShare = ({ values, rows, columns }: Table): number => {
  const width = columns.length
  const count = Math.min(rows, most)
  const seen = new Set<string>()
  for (let i = 0; i < count; i++) seen.add(values.subarray(i * width, (i + 1) * width).join())
  return 1 - seen.size / count
}
