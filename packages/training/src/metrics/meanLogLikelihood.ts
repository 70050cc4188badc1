import { meanAndError } from "../evaluate.ts"

/** A mean with the half width of its interval, in nats. */
export interface MeanLogLikelihood {
  readonly mean: number
  /** Two standard errors: about 95 % of such intervals hold the true mean. */
  readonly twoStandardErrors: number
}

/**
 * The mean log-likelihood of rows, with two standard errors, as density estimators are compared.
 *
 * **Details**
 *
 * - `ℓ = 1/n Σ log p(xᵢ)`, `2 s / √n`, `s² = 1/(n − 1) Σ (log p(xᵢ) − ℓ)²`
 * - A row outside the support makes the mean −∞ and the error NaN; one row has no error: NaN
 * - Throws: `RangeError` for no rows
 * - Source: Papamakarios, Pavlakou and Murray, arXiv:1705.07057, table 1
 *
 * **Example** (Two rows)
 *
 * ```ts
 * import { meanLogLikelihood } from "@pushforward/training"
 *
 * meanLogLikelihood([-1, -3]) // => { mean: -2, twoStandardErrors: 2 }
 * ```
 */
export const meanLogLikelihood = (scores: ArrayLike<number>): MeanLogLikelihood => {
  if (scores.length === 0) {
    throw new RangeError("meanLogLikelihood: expected scores, got none. Score at least one row.")
  }
  if (Array.prototype.includes.call(scores, -Infinity)) {
    return { mean: -Infinity, twoStandardErrors: NaN }
  }
  const { mean, standardError } = meanAndError(scores)
  return { mean, twoStandardErrors: scores.length === 1 ? NaN : 2 * standardError }
}
