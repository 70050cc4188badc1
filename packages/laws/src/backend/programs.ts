import type { StepFunction, TensorFunction } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"

/** A small network with a reduction, a comparison and a slice: `(x: [n, 3], w: [3, 4]) → (y: [n, 4], total: [])`. */
export const network: TensorFunction = ([x, w]) => {
  const hidden = tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))
  const kept = tf.where(tf.greater(hidden, 0), hidden, tf.mul(hidden, 0.5))
  const scaled = tf.mul(kept, tf.exp(tf.neg(tf.mean(tf.square(hidden), 1, true))))
  return [scaled, tf.sum(tf.logSumExp(scaled, 1))]
}

/** A gradient as a function: `x ↦ ∂/∂x Σ softplus(x) x²`. */
export const slope: TensorFunction = ([x]) => [
  tf.grad((t: tf.Tensor) => tf.sum(tf.mul(tf.softplus(t), tf.square(t))))(x!),
]

/** Integers in, integers out, and a value passed straight through. */
export const integers: TensorFunction = ([indices, table]) => [
  tf.add(indices!, tf.scalar(1, "int32")),
  tf.gather(table!, indices as tf.Tensor1D),
  table!,
]

/** Gradient descent with momentum on `½ Σ s (w − target)²`; reports the loss and the new weights. */
export const descent: StepFunction = ([weights, speed], [scale], [target]) => {
  const loss = (w: tf.Tensor): tf.Scalar =>
    tf.mul(0.5, tf.sum(tf.mul(scale!, tf.square(tf.sub(w, target!)))))
  const gradient = tf.grad(loss)(weights!)
  const moved = tf.sub(tf.mul(speed!, 0.5), tf.mul(gradient, 0.1))
  const next = tf.add(weights!, moved)
  // The same tensor is carried on and reported, and so is one that came in.
  return { carry: [next, moved], outputs: [loss(weights!), next, target!] }
}

/** A step that cannot run: its shapes do not fit. */
export const misfit: TensorFunction = ([x]) => [tf.matMul(x as tf.Tensor2D, tf.zeros([7, 2]))]
