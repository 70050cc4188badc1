import type { Table } from "./Table.ts"

/**
 * What one column is like, where densities mind.
 *
 * **Details**
 *
 * - `deviation`: the standard deviation. `median`, `spread`: the same from quartiles, `(q₃ − q₁)/1.349`, which outliers do
 *   not move; `spread` falls back on `(q₉₅ − q₅)/3.29`, then on `deviation`, where more than half of the values are one
 * - `reach`: the farthest value from the median, in spreads; about 4 for a thousand normal values
 * - `tiedShare`: the share of rows whose value occurs again
 * - `commonest`: the value that most rows have, and their share
 * - `spacing`: the distance of neighbouring values: the step of a lattice when all values lie on one (1 for whole
 *   numbers), else the median distance of different values; `lattice` says which
 *
 * @category models
 * @since 0.1.0
 */
export interface ColumnProfile {
  readonly name: string
  readonly deviation: number
  readonly median: number
  readonly spread: number
  readonly reach: number
  readonly tiedShare: number
  readonly commonest: { readonly value: number; readonly share: number }
  readonly spacing: number
  readonly lattice: boolean
}

/** Differences below this share of the largest magnitude are rounding. */
const rounding = 1e-12

/** How far from a whole number of steps a value of a lattice may lie. */
const latticeTolerance = 1e-3

/**
 * What each column is like: its spread, its tails, its ties.
 *
 * **Example** (Whole numbers, and an outlier)
 *
 * ```ts
 * import { fromRows, profileColumns } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const table = Result.getOrThrow(fromRows([[1], [2], [2], [3], [5], [1000]]))
 * const [column] = profileColumns(table)
 * column?.lattice // => true
 * column?.spacing // => 1
 * column?.commonest.value // => 2
 * ```
 *
 * @category profiles
 * @since 0.1.0
 */
export const profileColumns = (table: Table): ReadonlyArray<ColumnProfile> =>
  table.columns.map((name, j) => {
    const width = table.columns.length
    const sorted = Float64Array.from(
      { length: table.rows },
      (_, i) => table.values[i * width + j]!,
    ).toSorted()
    return { name, ...profileOf(sorted) }
  })

const profileOf = (sorted: Float64Array): Omit<ColumnProfile, "name"> => {
  const n = sorted.length
  const at = (share: number): number => sorted[Math.round(share * (n - 1))]!
  const [low, high, median] = [sorted[0]!, sorted[n - 1]!, at(0.5)]
  let [mean, squares] = [0, 0]
  for (let i = 0; i < n; i++) {
    const delta = sorted[i]! - mean
    mean += delta / (i + 1)
    squares += delta * (sorted[i]! - mean)
  }
  const deviation = Math.sqrt(squares / n)
  const spread = (at(0.75) - at(0.25)) / 1.349 || (at(0.95) - at(0.05)) / 3.29 || deviation
  const least = rounding * Math.max(Math.abs(low), Math.abs(high))
  let tied = 0
  let commonest = { value: median, share: 0 }
  const gaps: Array<number> = []
  for (let from = 0, to = 1; from < n; from = to++) {
    while (to < n && sorted[to]! - sorted[from]! <= least) to++
    if (to - from > 1) tied += to - from
    if ((to - from) / n > commonest.share) {
      commonest = { value: sorted[from]!, share: (to - from) / n }
    }
    if (to < n) gaps.push(sorted[to]! - sorted[to - 1]!)
  }
  const step = gaps.reduce((smallest, gap) => Math.min(smallest, gap), Infinity)
  const onLattice = (value: number): boolean => {
    const steps = (value - low) / step
    return Math.abs(steps - Math.round(steps)) < latticeTolerance
  }
  const lattice = gaps.length > 0 && sorted.every(onLattice)
  // Of all steps together, in digits that decimals keep: the smallest gap has the rounding of two values in it.
  const meanStep = Number(((high - low) / Math.round((high - low) / step)).toPrecision(15))
  const middle = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? 0
  return {
    deviation,
    median,
    spread,
    reach: Math.max(median - low, high - median) / spread,
    tiedShare: tied / n,
    commonest,
    spacing: lattice ? meanStep : middle,
    lattice,
  }
}
