import * as tf from "@tensorflow/tfjs-core"
import type { Optimiser } from "../Optimiser.ts"

/** The constants of {@link adam} and its relatives. */
export interface AdamOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

/**
 * `η √(1−β₂ᵗ) / (1−β₁ᵗ) · (1−β₁) / √(1−β₂)`: the rate with the corrections for starting from zero in it, and with what
 * {@link discountedSums} leave out.
 */
export const correctedRate = (
  step: number,
  learningRate: number,
  { beta1 = 0.9, beta2 = 0.999 }: AdamOptions,
): number =>
  ((learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step)) *
  ((1 - beta1) / Math.sqrt(1 - beta2))

/**
 * `m / (1−β₁)` and `v / (1−β₂)`: the moving averages of the gradient and of its square without their constant factors.
 * Two operations fewer on vectors as long as the parameters.
 */
export const discountedSums = (
  gradient: tf.Tensor,
  [m, v]: ReadonlyArray<tf.Tensor>,
  { beta1 = 0.9, beta2 = 0.999 }: AdamOptions,
): readonly [sum: tf.Tensor, squares: tf.Tensor] => [
  tf.add(tf.mul(m!, beta1), gradient),
  tf.add(tf.mul(v!, beta2), tf.square(gradient)),
]

/** `ηₜ m / (√v + ε)`, of {@link discountedSums} and a {@link correctedRate}. */
export const adamStep = (
  sum: tf.Tensor,
  squares: tf.Tensor,
  rate: tf.Tensor,
  { beta2 = 0.999, epsilon = 1e-8 }: AdamOptions,
): tf.Tensor => tf.div(tf.mul(sum, rate), tf.add(tf.sqrt(squares), epsilon / Math.sqrt(1 - beta2)))

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
export const adam = (options: AdamOptions = {}): Optimiser => ({
  name: "adam",
  moments: 2,
  rates: (step, learningRate) => [correctedRate(step, learningRate, options)],
  update: (parameters, gradient, moments, [rate]) => {
    const [sum, squares] = discountedSums(gradient, moments, options)
    return {
      parameters: tf.sub(parameters, adamStep(sum, squares, rate!, options)),
      moments: [sum, squares],
    }
  },
})
