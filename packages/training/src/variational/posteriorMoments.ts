import type { Named, ParameterDeclarations } from "@pushforward/distributions"
import { paretoSmoothed } from "../metrics/paretoSmoothed.ts"
import type { Rows } from "../rows.ts"
import type { PosteriorDraws } from "./PosteriorFit.ts"

/** The mean and the standard deviation of each element of a parameter, row-major. */
export interface Moments {
  readonly mean: Float64Array
  readonly sd: Float64Array
}

/** How {@link posteriorMoments} weighs the draws. */
export interface MomentsOptions {
  /**
   * Correct the guide by Pareto smoothed importance weights, which is sound while k̂ is below 0.7. Default `false`: every
   * draw counts the same.
   */
  readonly weighted?: boolean
}

const momentsOf = ({ values, shape }: Rows, weights: Float64Array): Moments => {
  const width = values.length / shape[0]!
  const mean = new Float64Array(width)
  const squares = new Float64Array(width)
  values.forEach((value, at) => (mean[at % width]! += weights[Math.floor(at / width)]! * value))
  values.forEach((value, at) => {
    squares[at % width]! += weights[Math.floor(at / width)]! * (value - mean[at % width]!) ** 2
  })
  return { mean, sd: squares.map(Math.sqrt) }
}

/**
 * The mean and the standard deviation of every parameter, from draws of a fitted posterior.
 *
 * **Details**
 *
 * - `m = Σ wᵢ θᵢ`, `s² = Σ wᵢ (θᵢ − m)²`, `Σ wᵢ = 1`
 */
export const posteriorMoments = <P extends ParameterDeclarations>(
  { values, logWeights }: PosteriorDraws<P>,
  { weighted = false }: MomentsOptions = {},
): Named<P, Moments> => {
  const weights = weighted
    ? paretoSmoothed(logWeights).logWeights.map(Math.exp)
    : new Float64Array(logWeights.length).fill(1 / logWeights.length)
  return Object.fromEntries(
    Object.entries<Rows>(values).map(([name, rows]) => [name, momentsOf(rows, weights)]),
  ) as Named<P, Moments>
}
