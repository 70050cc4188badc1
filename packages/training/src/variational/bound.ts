/**
 * What variational inference maximises: lower bounds of the log evidence, from log importance weights.
 */
import * as tf from "@tensorflow/tfjs-core"

/**
 * A variational bound: the Rényi bound of order `alpha` from `samples` draws for each estimate.
 *
 * **Details**
 *
 * - `pathDerivative`: leave out the part of the gradient whose expectation is zero or can be had through the draws
 *
 * @category models
 */
export interface VariationalBound {
  readonly name: string
  readonly alpha: number
  readonly samples: number
  readonly pathDerivative: boolean
}

/** What every bound takes. */
export interface BoundOptions {
  /**
   * Differentiate through the draws only, not through the guide's parameters in its own density ("sticking the landing").
   * Less noise near the end, at the price of scoring the guide's draws, its slow direction. Default `false`.
   */
  readonly pathDerivative?: boolean
}

/** The options of a bound from several draws. */
export interface ManySamples extends BoundOptions {
  /** Draws for each estimate. */
  readonly samples: number
}

/** What {@link renyi} takes. */
export interface RenyiOptions extends ManySamples {
  /** The order: 0 is {@link importanceWeighted}, 1 is {@link elbo}; below 1 the guide covers more than it would at 1. */
  readonly alpha: number
}

/**
 * The Rényi bound.
 *
 * **Details**
 *
 * - `L_α = 1/(1 − α) log 1/K Σₖ wₖ^(1−α)`, `w = p(θ)/q(θ)`, `θₖ ~ q`; for `α = 1` the mean of `log w`
 * - Path derivative: `Σₖ (α w̃ₖ + (1 − α) w̃ₖ²) ∂log wₖ/∂θₖ · ∂θₖ/∂φ`, `w̃ₖ ∝ wₖ^(1−α)`
 * - Throws: `RangeError` for an `alpha` that is not finite, or `samples` other than 1, 2, 3, …
 * - Source: Li and Turner, "Rényi Divergence Variational Inference", arXiv:1602.02311, eq. 6; path derivative: Roeder, Wu
 *   and Duvenaud, arXiv:1703.09194, and Tucker, Lawson, Gu and Maddison, arXiv:1810.04152
 *
 * **Example** (Half way between the two others)
 *
 * ```ts
 * import { renyi } from "@pushforward/training"
 *
 * renyi({ alpha: 0.5, samples: 8 }).name // => "renyi(0.5, 8)"
 * ```
 *
 * @category constructors
 */
export const renyi = ({
  alpha,
  samples,
  pathDerivative = false,
}: RenyiOptions): VariationalBound => {
  if (!Number.isFinite(alpha)) {
    throw new RangeError(
      `renyi: expected a finite alpha, got ${alpha}. 0 and 1 are the usual ends.`,
    )
  }
  if (!(Number.isInteger(samples) && samples > 0)) {
    throw new RangeError(
      `renyi: expected samples of 1, 2, 3, …, got ${samples}. Use a positive whole number.`,
    )
  }
  return { name: `renyi(${alpha}, ${samples})`, alpha, samples, pathDerivative }
}

/**
 * The evidence lower bound: reverse KL up to the log evidence.
 *
 * **Details**
 *
 * - `E_q[log p(θ) − log q(θ)] = log Z − KL(q ‖ p/Z)`
 * - The guide prefers to miss a mode to covering where there is nothing
 * - Source: Jordan, Ghahramani, Jaakkola and Saul, "An Introduction to Variational Methods for Graphical Models", 1999
 *
 * @category constructors
 */
export const elbo = (options: BoundOptions = {}): VariationalBound => ({
  ...renyi({ ...options, alpha: 1, samples: 1 }),
  name: "elbo",
})

/**
 * The importance weighted bound: never below the evidence lower bound, closer to the log evidence with every draw.
 *
 * **Details**
 *
 * - `E[log 1/K Σₖ wₖ]`, `w = p(θ)/q(θ)`, `θₖ ~ q`
 * - Source: Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", arXiv:1509.00519, eq. 8
 *
 * @category constructors
 */
export const importanceWeighted = (options: ManySamples): VariationalBound => ({
  ...renyi({ ...options, alpha: 0 }),
  name: `importance-weighted(${options.samples})`,
})

/**
 * The bound's estimates from log weights, with its gradient.
 *
 * **Details**
 *
 * - Shapes: `logWeights: [n, K]` to `[n]`
 * - With `pathDerivative` the gradient is that of {@link renyi}, given that `logWeights` depend on the guide's parameters
 *   through the draws alone
 */
export const boundFrom = (
  { alpha, pathDerivative }: VariationalBound,
  logWeights: tf.Tensor,
): tf.Tensor => {
  if (alpha === 1) return tf.mean(logWeights, 1)
  const samples = logWeights.shape[1]!
  const value = (at: tf.Tensor): tf.Tensor =>
    tf.div(tf.sub(tf.logSumExp(tf.mul(at, 1 - alpha), 1), Math.log(samples)), 1 - alpha)
  if (!pathDerivative) return value(logWeights)
  return tf.customGrad((at, save) => {
    ;(save as tf.GradSaveFunc)([at as tf.Tensor])
    return {
      value: value(at as tf.Tensor),
      gradFunc: (dy: tf.Tensor, [saved]: Array<tf.Tensor>) => {
        const shares = tf.softmax(tf.mul(saved!, 1 - alpha))
        const path = tf.add(tf.mul(shares, alpha), tf.mul(tf.square(shares), 1 - alpha))
        return tf.mul(tf.expandDims(dy, 1), path)
      },
    }
  })(logWeights)
}
