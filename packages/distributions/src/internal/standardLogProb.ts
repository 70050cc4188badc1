import { sumEvent } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"

/** `½ log 2π` */
export const logRootTwoPi = 0.5 * Math.log(2 * Math.PI)

/** `Σ log φ(zᵢ)` over the last `rank` axes, all `size` elements of them. */
export const standardLogProb = (z: tf.Tensor, rank: number, size: number): tf.Tensor =>
  tf.sub(tf.mul(-0.5, sumEvent(tf.square(z), rank)), size * logRootTwoPi)
