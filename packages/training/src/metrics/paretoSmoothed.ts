/** What {@link paretoSmoothed} gives. */
export interface ParetoSmoothed {
  /** The shape of the weights' tail: below 0.5 good, below 0.7 usable, above 1 their mean does not exist. */
  readonly kHat: number
  /** Normalised weights with a smoothed tail: `Σ exp = 1`. */
  readonly logWeights: Float64Array
}

/** Quantiles of the weights are smoothed from here on: `min(n/5, 3 √n)` of them, at least 5. */
const tailLength = (n: number): number => Math.ceil(Math.min(n / 5, 3 * Math.sqrt(n)))

/**
 * The generalised Pareto distribution of ascending, positive excesses: shape `k` and scale `σ`, by the posterior mean of
 * Zhang and Stephens, with `k` drawn towards 0.5 as by ten observations.
 */
const fitPareto = (excesses: Float64Array): { readonly k: number; readonly sigma: number } => {
  const n = excesses.length
  const prior = 3
  const gridSize = 30 + Math.floor(Math.sqrt(n))
  const quartile = excesses[Math.floor(n / 4 + 0.5) - 1]!
  const largest = excesses[n - 1]!
  const shapeAt = (b: number): number =>
    excesses.reduce((sum, x) => sum + Math.log1p(-b * x), 0) / n
  const grid = Float64Array.from(
    { length: gridSize },
    (_, j) => 1 / largest + (1 - Math.sqrt(gridSize / (j + 0.5))) / (prior * quartile),
  )
  const profile = grid.map((b) => {
    const k = shapeAt(b)
    return n * (Math.log(-b / k) - k - 1)
  })
  const b = grid.reduce(
    (sum, at, j) =>
      sum + at / profile.reduce((odds, other) => odds + Math.exp(other - profile[j]!), 0),
    0,
  )
  const raw = shapeAt(b)
  return { k: (raw * n + 0.5 * 10) / (n + 10), sigma: -raw / b }
}

const logSumExp = (values: Float64Array): number => {
  const largest = values.reduce((a, b) => Math.max(a, b))
  return largest + Math.log(values.reduce((sum, v) => sum + Math.exp(v - largest), 0))
}

/**
 * Pareto smoothed importance weights, and the shape of their tail: the diagnostic of a variational fit.
 *
 * **Details**
 *
 * - The largest `⌈min(n/5, 3 √n)⌉` weights are replaced by the expected order statistics of a generalised Pareto
 *   distribution fitted to them, none above the largest raw weight
 * - A constant in the log weights cancels
 * - `kHat` is ∞ for fewer than 21 weights, whose tail is too short to be fitted, and for a weight that is not a number;
 *   −∞ when the largest weights are all the same
 * - Throws: `RangeError` for no weights
 * - Source: Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto Smoothed Importance Sampling", arXiv:1507.02646; Zhang and
 *   Stephens, "A New and Efficient Estimation Method for the Generalized Pareto Distribution", 2009
 *
 * **Example** (Equal weights have no tail)
 *
 * ```ts
 * import { paretoSmoothed } from "@pushforward/training"
 *
 * paretoSmoothed(new Float64Array(100)).kHat // => -Infinity
 * ```
 */
export const paretoSmoothed = (logWeights: ArrayLike<number>): ParetoSmoothed => {
  const n = logWeights.length
  if (n === 0) {
    throw new RangeError("paretoSmoothed: expected log weights, got none. Draw at least one.")
  }
  const values = Float64Array.from(logWeights)
  if (values.some(Number.isNaN)) return { kHat: Infinity, logWeights: values }
  const largest = values.reduce((a, b) => Math.max(a, b))
  const smoothed = values.map((value) => value - largest)
  const normalised = (kHat: number): ParetoSmoothed => {
    const total = logSumExp(smoothed)
    return { kHat, logWeights: smoothed.map((value) => value - total) }
  }
  const length = tailLength(n)
  if (length < 5) return normalised(Infinity)
  const order = Array.from(smoothed.keys()).toSorted((a, b) => smoothed[a]! - smoothed[b]!)
  const tail = order.slice(n - length)
  // Weights that vanish in float64 are all the same: nothing.
  const cutoff = Math.max(smoothed[order[n - length - 1]!]!, Math.log(Number.MIN_VALUE))
  const excesses = Float64Array.from(tail, (i) => Math.exp(smoothed[i]!) - Math.exp(cutoff))
  if (!(excesses.at(-1)! > 0)) return normalised(-Infinity)
  const { k, sigma } = fitPareto(excesses)
  if (Number.isFinite(k)) {
    tail.forEach((i, rank) => {
      const p = (rank + 0.5) / length
      const quantile =
        k === 0 ? -sigma * Math.log1p(-p) : (sigma * Math.expm1(-k * Math.log1p(-p))) / k
      smoothed[i] = Math.min(0, Math.log(quantile + Math.exp(cutoff)))
    })
  }
  return normalised(Number.isFinite(k) ? k : Infinity)
}
