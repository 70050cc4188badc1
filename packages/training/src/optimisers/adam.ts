import * as tf from "@tensorflow/tfjs-core"
import type { Optimiser } from "../Optimiser.ts"

/** The constants of {@link adam} and its relatives. */
export interface AdamOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

/** `ηₜ = η √(1−β₂ᵗ) / (1−β₁ᵗ)`: the rate with the corrections for starting from zero in it. */
export const correctedRate = (
  step: number,
  learningRate: number,
  { beta1 = 0.9, beta2 = 0.999 }: AdamOptions,
): number => (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step)

/** The two moving averages, of the gradient and of its square. */
export const movingAverages = (
  gradient: tf.Tensor,
  [m, v]: ReadonlyArray<tf.Tensor>,
  { beta1 = 0.9, beta2 = 0.999 }: AdamOptions,
): readonly [mean: tf.Tensor, square: tf.Tensor] => [
  tf.add(tf.mul(m!, beta1), tf.mul(gradient, 1 - beta1)),
  tf.add(tf.mul(v!, beta2), tf.mul(tf.square(gradient), 1 - beta2)),
]

/** `ηₜ m / (√v + ε)`. */
export const adamStep = (
  mean: tf.Tensor,
  square: tf.Tensor,
  rate: tf.Tensor,
  { epsilon = 1e-8 }: AdamOptions,
): tf.Tensor => tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilon))

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
    const [mean, square] = movingAverages(gradient, moments, options)
    return {
      parameters: tf.sub(parameters, adamStep(mean, square, rate!, options)),
      moments: [mean, square],
    }
  },
})
