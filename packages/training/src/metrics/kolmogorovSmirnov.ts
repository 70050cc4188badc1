/** A statistic and how probable a larger one is when the hypothesis holds. */
export interface KolmogorovSmirnov {
  readonly statistic: number
  readonly pValue: number
}

/**
 * `P(K > x)` of Kolmogorov's distribution: `2 Σ (−1)^(k−1) exp(−2 k² x²)`, or for small `x` the same by Jacobi's identity.
 */
const kolmogorovSurvival = (x: number): number => {
  if (x <= 0) return 1
  const terms = Array.from({ length: 8 }, (_, k) => k)
  if (x < 1.18) {
    const odd = terms.map((k) => Math.exp((-((2 * k + 1) ** 2) * Math.PI ** 2) / (8 * x * x)))
    return 1 - (Math.sqrt(2 * Math.PI) / x) * odd.reduce((a, b) => a + b)
  }
  const signed = terms.map((k) => (k % 2 === 0 ? 1 : -1) * Math.exp(-2 * (k + 1) ** 2 * x * x))
  return Math.min(1, 2 * signed.reduce((a, b) => a + b))
}

/**
 * The Kolmogorov-Smirnov test: whether numbers are uniform on [0, 1], as the values of their own distribution function are.
 *
 * **Details**
 *
 * - `D = max |F_n(u) − u|`; `pValue = P(K > √n D + 1/(6 √n) + (√n D − 1)/(4n))`, with Kolmogorov's `K`: within 0.001 of the
 *   exact value from 10 numbers on
 * - A number outside [0, 1] has probability zero: statistic and p-value are then as at the nearest end. NaN gives NaN
 * - Throws: `RangeError` for no numbers
 * - Source: Vrbik, "Small-Sample Corrections to Kolmogorov-Smirnov Test Statistic", Pioneer Journal of Theoretical and
 *   Applied Statistics 15, 2018
 *
 * **Example** (Evenly spread)
 *
 * ```ts
 * import { kolmogorovSmirnov } from "@pushforward/training"
 *
 * kolmogorovSmirnov([0.125, 0.375, 0.625, 0.875]).statistic // => 0.125
 * ```
 */
export const kolmogorovSmirnov = (uniform: ArrayLike<number>): KolmogorovSmirnov => {
  const n = uniform.length
  if (n === 0) {
    throw new RangeError("kolmogorovSmirnov: expected numbers, got none. Pass at least one.")
  }
  const sorted = Float64Array.from(uniform, (u) => Math.min(1, Math.max(0, u))).toSorted()
  if (Number.isNaN(sorted[n - 1]!)) return { statistic: NaN, pValue: NaN }
  const statistic = sorted.reduce((d, u, i) => Math.max(d, (i + 1) / n - u, u - i / n), 0)
  const x = Math.sqrt(n) * statistic
  const corrected = x + 1 / (6 * Math.sqrt(n)) + (x - 1) / (4 * n)
  return { statistic, pValue: kolmogorovSurvival(corrected) }
}
