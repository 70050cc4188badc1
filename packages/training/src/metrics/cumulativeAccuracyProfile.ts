/** How many events fall where a density says that they are likeliest. */
export interface CumulativeAccuracyProfile {
  /** From (0, 0) to (1, 1): the share of cells taken, densest first, and the share of events in them. */
  readonly cells: Float64Array
  readonly events: Float64Array
  /** The area under the profile: about 0.5 for a uniform density. */
  readonly area: number
  /** The share of events in the densest cells, by the share of cells. */
  readonly hitRates: ReadonlyArray<{ readonly cells: number; readonly events: number }>
}

/**
 * The cumulative accuracy profile of a density over cells of equal size, as for predicting where events will happen.
 *
 * **Details**
 *
 * - Cells are sorted by density, densest first; after `k` of `n` cells the profile is at `(k/n, Σ counts / all counts)`;
 *   cells of equal density are one step, so their order does not matter
 * - A hit rate at a share between two cells lies on the line between them
 * - Shapes: `density: [n]`, any increasing score of the cells; `counts: [n]`, events in each cell
 * - Throws: `RangeError` for different lengths, no events, a negative count, or a density that is NaN
 * - Source: Garrido Mejia, "A systematic study of Masked Autoregressive Flows for density estimation", table 1
 *
 * **Example** (Nine of ten events in the denser half)
 *
 * ```ts
 * import { cumulativeAccuracyProfile } from "@pushforward/training"
 *
 * cumulativeAccuracyProfile([3, 1], [9, 1], [0.5]).hitRates // => [{ cells: 0.5, events: 0.9 }]
 * ```
 */
export const cumulativeAccuracyProfile = (
  density: ArrayLike<number>,
  counts: ArrayLike<number>,
  shares: ReadonlyArray<number> = [0.01, 0.05, 0.1, 0.15, 0.2],
): CumulativeAccuracyProfile => {
  const n = density.length
  const all = Array.from(counts).reduce((sum, count) => sum + count, 0)
  const wrong = Array.from(density, (d, i) => Number.isNaN(d) || !(counts[i]! >= 0)).indexOf(true)
  if (counts.length !== n || wrong >= 0 || !(all > 0)) {
    throw new RangeError(
      `cumulativeAccuracyProfile: expected a density and a count of 0 or more for each cell, and some events, got ` +
        `${n} densities, ${counts.length} counts, ${all} events${wrong >= 0 ? ` and a wrong cell ${wrong}` : ""}. ` +
        `Count the events on the grid that the density was computed on.`,
    )
  }
  const order = Array.from({ length: n }, (_, i) => i).toSorted((a, b) =>
    density[a] === density[b] ? 0 : density[a]! < density[b]! ? 1 : -1,
  )
  const [cells, events] = [[0], [0]]
  let [found, area] = [0, 0]
  order.forEach((cell, i) => {
    found += counts[cell]!
    if (i + 1 < n && density[order[i + 1]!] === density[cell]) return
    const [x, y] = [(i + 1) / n, found / all]
    area += ((x - cells.at(-1)!) * (y + events.at(-1)!)) / 2
    cells.push(x)
    events.push(y)
  })
  const at = (share: number): number => {
    const k = Math.max(
      1,
      cells.findIndex((x) => x >= share),
    )
    const [x0, x1, y0, y1] = [cells[k - 1]!, cells[k]!, events[k - 1]!, events[k]!]
    return y0 + ((share - x0) / (x1 - x0)) * (y1 - y0)
  }
  return {
    cells: Float64Array.from(cells),
    events: Float64Array.from(events),
    area,
    hitRates: shares.map((share) => ({ cells: share, events: at(share) })),
  }
}
