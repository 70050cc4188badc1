import * as tf from "@tensorflow/tfjs-core"

/** How far a trained log scale can go either way. */
const logScaleBound = 10

/**
 * From an unconstrained trainable to a log scale: `10 tanh(raw/10)`. About `raw` itself near zero; scales stay between
 * e⁻¹⁰ and e¹⁰, so that a step too far neither divides by zero nor overflows.
 */
export const boundedLogScale = (raw: tf.Tensor): tf.Tensor =>
  tf.mul(logScaleBound, tf.tanh(tf.div(raw, logScaleBound)))
