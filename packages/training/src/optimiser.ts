/**
 * Optimisers as pure functions on one flat vector, so that a backend may run or trace them with the loss.
 */
import * as tf from "@tensorflow/tfjs-core"

/**
 * An optimiser: how many moment vectors it keeps, and one update.
 *
 * **Details**
 *
 * - `rate(step, learningRate)`: the host's part, the rate for the `step`-th update (from 1) with corrections in it
 * - `update(parameters, gradient, moments, rate)`: the next parameters and moments
 *
 * @category models
 */
export interface Optimiser {
  readonly name: string
  readonly moments: number
  readonly rate: (step: number, learningRate: number) => number
  readonly update: (
    parameters: tf.Tensor,
    gradient: tf.Tensor,
    moments: ReadonlyArray<tf.Tensor>,
    rate: tf.Tensor,
  ) => { readonly parameters: tf.Tensor; readonly moments: ReadonlyArray<tf.Tensor> }
}

/**
 * Adam.
 *
 * **Details**
 *
 * - `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`, `θ ← θ − ηₜ m / (√v + ε)` with
 *   `ηₜ = η √(1−β₂ᵗ) / (1−β₁ᵗ)`
 * - Source: Kingma and Ba, arXiv:1412.6980, algorithm 1 in the form of its §2, last paragraph
 *
 * @category constructors
 */
export const adam = ({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {}): Optimiser => ({
  name: "adam",
  moments: 2,
  rate: (step, learningRate) => (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step),
  update: (parameters, gradient, [m, v], rate) => {
    const mean = tf.add(tf.mul(m!, beta1), tf.mul(gradient, 1 - beta1))
    const square = tf.add(tf.mul(v!, beta2), tf.mul(tf.square(gradient), 1 - beta2))
    return {
      parameters: tf.sub(parameters, tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilon))),
      moments: [mean, square],
    }
  },
})
