/**
 * Choices among `K`, with logits `[...batch, K, d]`.
 */
import * as tf from "@tensorflow/tfjs-core"

/** `log πₖ`: the logits less their `log Σ exp`. */
export const logSoftmax = (logits: tf.Tensor): tf.Tensor =>
  tf.sub(logits, tf.logSumExp(logits, -2, true))

/** The choice, 0 to `K − 1`, that uniform numbers `[...batch, d]` make: the first whose cumulative probability exceeds it. */
export const choose = (u: tf.Tensor, logits: tf.Tensor): tf.Tensor => {
  const count = logits.shape.at(-2)!
  // `cumsum` takes no axis from the end.
  const cumulative = tf.cumsum(tf.exp(logSoftmax(logits)), logits.rank - 2)
  const passed = tf.cast(tf.lessEqual(cumulative, tf.expandDims(u, -2)), "float32")
  // The last cumulative probability may be rounded below one.
  return tf.minimum(tf.sum(passed, -2), count - 1)
}

/** 1 in the row of the choice, `[...batch, K, d]`. */
export const oneHot = (choice: tf.Tensor, count: number): tf.Tensor => {
  const rows = tf.reshape(tf.range(0, count), [count, 1])
  return tf.cast(tf.equal(tf.expandDims(choice, -2), rows), "float32")
}
