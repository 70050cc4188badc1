/**
 * The activations a network may use, by name.
 */
import * as tf from "@tensorflow/tfjs-core"

/** Elementwise activations by the names specs use. */
export const activations = {
  relu: (x: tf.Tensor): tf.Tensor => tf.relu(x),
  tanh: (x: tf.Tensor): tf.Tensor => tf.tanh(x),
  elu: (x: tf.Tensor): tf.Tensor => tf.elu(x),
  /** `x Φ(x)`, with the error function and not its approximation by tanh: Hendrycks and Gimpel, arXiv:1606.08415. */
  gelu: (x: tf.Tensor): tf.Tensor =>
    tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  silu: (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.sigmoid(x)),
  softplus: (x: tf.Tensor): tf.Tensor => tf.softplus(x),
} as const

/** The name of an activation. */
export type Activation = keyof typeof activations
