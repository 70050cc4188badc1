/** How often the truth lies in the region that a conditional density promises, at one level. */
export interface Coverage {
  /** What is promised. */
  readonly level: number
  /** What is kept. */
  readonly observed: number
}

/**
 * Expected coverage of a conditional density: of the regions of highest density that hold a share `level` of its draws, how
 * many hold the truth.
 *
 * **Details**
 *
 * - The truth of row `i` lies in the region of level `l` when less than a share `l` of the row's draws is denser than it,
 *   draws as dense as it counting half. Calibrated: `observed = level`; overconfident: below it
 * - Shapes: `truth: [n]`, `log q(θᵢ | xᵢ)`; `draws: [n, m]`, row-major, `log q` of `m` draws given the same `xᵢ`
 * - Throws: `RangeError` for no rows, or draws that are not the same number for every row
 * - Source: Hermans et al., "A Trust Crisis In Simulation-Based Inference?", arXiv:2110.06581, eq. 1
 *
 * **Example** (The truth is always the densest)
 *
 * ```ts
 * import { coverage } from "@pushforward/training"
 *
 * coverage([0, 0], [-1, -2, -1, -3], [0.5]) // => [{ level: 0.5, observed: 1 }]
 * ```
 */
export const coverage = (
  truth: ArrayLike<number>,
  draws: ArrayLike<number>,
  levels: ReadonlyArray<number> = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95],
): ReadonlyArray<Coverage> => {
  const [n, m] = [truth.length, draws.length / truth.length]
  if (n === 0 || !Number.isInteger(m) || m === 0) {
    throw new RangeError(
      `coverage: expected as many draws for each of the ${n} rows, got ${draws.length} in all. Pass [n, m] of them.`,
    )
  }
  const denser = Array.from({ length: n }, (_, i) => {
    let count = 0
    for (let k = 0; k < m; k++) {
      const draw = draws[i * m + k]!
      count += draw > truth[i]! ? 1 : draw === truth[i]! ? 0.5 : 0
    }
    return count / m
  })
  return levels.map((level) => ({
    level,
    observed: denser.filter((share) => share < level).length / n,
  }))
}
