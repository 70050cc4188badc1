/**
 * Optimisers as pure functions on one flat vector, so that a backend may run or trace them with the loss.
 */
import type * as tf from "@tensorflow/tfjs-core"

/**
 * An optimiser: how many moment vectors it keeps, and one update.
 *
 * **Details**
 *
 * - `rates(step, learningRate)`: the host's part, the numbers that the `step`-th update (from 1) takes, always as many
 * - `update(parameters, gradient, moments, rates)`: the next parameters and moments; `rates` as scalars
 *
 * @category models
 */
export interface Optimiser {
  readonly name: string
  readonly moments: number
  readonly rates: (step: number, learningRate: number) => ReadonlyArray<number>
  readonly update: (
    parameters: tf.Tensor,
    gradient: tf.Tensor,
    moments: ReadonlyArray<tf.Tensor>,
    rates: ReadonlyArray<tf.Tensor>,
  ) => { readonly parameters: tf.Tensor; readonly moments: ReadonlyArray<tf.Tensor> }
}
