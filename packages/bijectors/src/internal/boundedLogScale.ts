import * as tf from "@tensorflow/tfjs-core"

/**
 * From an unconstrained number to a log scale: `m tanh(raw/m)` with `m = bound`. About `raw` itself near zero; scales stay
 * between e⁻ᵐ and eᵐ, so that a step too far neither divides by zero nor overflows.
 */
export const boundedLogScale = (raw: tf.Tensor, bound = 10): tf.Tensor =>
  tf.mul(bound, tf.tanh(tf.div(raw, bound)))
