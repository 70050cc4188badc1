import { batchPart, type Shape, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"

/** Mean and variance of each element of an event. */
export interface Moments {
  readonly mean: tf.Tensor
  readonly variance: tf.Tensor
}

/** How many events a tensor of this shape holds. */
export const rowCount = (shape: Shape, eventRank: number): number =>
  sizeOf(batchPart(shape, eventRank))

/** Mean and variance over all axes but the event's; the variance is that of the rows at hand, divided by their number. */
export const batchMoments = (y: tf.Tensor, eventRank: number): Moments => {
  const axes = batchPart(y.shape, eventRank).map((_, i) => i)
  const mean = tf.mean(y, axes)
  return { mean, variance: tf.mean(tf.square(tf.sub(y, mean)), axes) }
}
