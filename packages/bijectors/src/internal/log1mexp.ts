import * as tf from "@tensorflow/tfjs-core"
import { log1p } from "./log1p.ts"

/**
 * `log(1 − e⁻ʸ)` for `y ≥ 0`, accurate at both ends: −∞ at 0, and about `−e⁻ʸ` for large `y`.
 *
 * Source: Mächler, "Accurately computing log(1 − exp(−|a|))", 2012, eq. (7).
 */
export const log1mexp = (y: tf.Tensor): tf.Tensor => {
  const small = tf.less(y, Math.LN2)
  const one = tf.onesLike(y)
  const near = tf.log(tf.neg(tf.expm1(tf.neg(tf.where(small, y, one)))))
  const far = log1p(tf.neg(tf.exp(tf.neg(tf.where(small, one, y)))))
  return tf.where(small, near, far)
}
