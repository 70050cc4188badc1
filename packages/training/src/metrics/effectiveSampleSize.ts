/**
 * The effective sample size of importance sampling: how many draws of the target the weighted draws are worth.
 *
 * **Details**
 *
 * - `(Σ w)² / Σ w²`, `w = exp(logWeights)`: from 1, all weight on one draw, to `n`, all weights the same
 * - A constant in the log weights cancels. NaN when no weight is positive or one is not a number
 * - Throws: `RangeError` for no weights
 * - Source: Kong, "A Note on Importance Sampling using Standardized Weights", 1992
 *
 * **Example** (Half of the draws count)
 *
 * ```ts
 * import { effectiveSampleSize } from "@pushforward/training"
 *
 * effectiveSampleSize([-1, -1, -Infinity, -Infinity]) // => 2
 * ```
 */
export const effectiveSampleSize = (logWeights: ArrayLike<number>): number => {
  if (logWeights.length === 0) {
    throw new RangeError("effectiveSampleSize: expected log weights, got none. Draw at least one.")
  }
  const values = Float64Array.from(logWeights)
  const largest = values.reduce((a, b) => Math.max(a, b))
  let [sum, squares] = [0, 0]
  for (const value of values) {
    const weight = Math.exp(value - largest)
    sum += weight
    squares += weight * weight
  }
  return sum ** 2 / squares
}
