import * as tf from "@tensorflow/tfjs-core"

/** 1 on and below the diagonal. */
const lowerMask = (n: number): tf.Tensor => {
  const mask = new Uint8Array(n * n)
  for (let i = 0; i < n; i++) mask.fill(1, i * n, i * n + i + 1)
  return tf.tensor2d(mask, [n, n], "bool")
}

/** `n` with `n (n + 1)/2 = length`; not whole when there is none. */
export const sideOf = (length: number): number => (Math.sqrt(8 * length + 1) - 1) / 2

/**
 * The lower triangle of `[...batch, n, n]` from a vector `[...batch, n (n + 1)/2]`, in TensorFlow Probability's order:
 * the tail of the vector, then the vector backwards, row by row; what falls above the diagonal is dropped.
 */
export const fillLower = (x: tf.Tensor): tf.Tensor => {
  const batch = x.shape.slice(0, -1)
  const length = x.shape.at(-1)!
  const n = sideOf(length)
  const rest = tf.slice(x, [...batch.map(() => 0), n], [...batch, length - n])
  const filled = tf.reshape(tf.concat([rest, tf.reverse(x, x.rank - 1)], -1), [...batch, n, n])
  return tf.where(lowerMask(n), filled, tf.zerosLike(filled))
}

/** The vector that {@link fillLower} turns into `y`. */
export const readLower = (y: tf.Tensor): tf.Tensor => {
  const batch = y.shape.slice(0, -2)
  const zero = batch.map(() => 0)
  const n = y.shape.at(-1)!
  const lastRow = tf.reshape(tf.slice(y, [...zero, n - 1, 0], [...batch, 1, n]), [...batch, n])
  const head = tf.reverse(lastRow, batch.length)
  if (n === 1) return head
  const above = tf.slice(y, [...zero, 0, 0], [...batch, n - 1, n])
  // Turned by 180°, the rows' zeros meet the entries that were written backwards.
  const folded = tf.add(above, tf.reverse(above, [batch.length, batch.length + 1]))
  const flat = tf.reshape(folded, [...batch, n * (n - 1)])
  return tf.concat([head, tf.slice(flat, [...zero, 0], [...batch, (n * (n - 1)) / 2])], -1)
}
