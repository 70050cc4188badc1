import * as tf from "@tensorflow/tfjs-core"
import { withDerivative } from "./withDerivative.ts"

/**
 * `log(1 + x)` for `-1 ≤ x < ∞`, accurate near 0 on every engine: the wasm kernel of TensorFlow.js 4.22 computes
 * `log(1 + x)` as written and loses every digit of a small `x`.
 *
 * With `u` the rounded `1 + x`, `log(u) · x/(u − 1)` cancels the rounding (Kahan; Higham 2002, §1.14.1).
 */
export const log1p = (x: tf.Tensor): tf.Tensor => accurateLog1p(x)

const accurateLog1p = /* @__PURE__ */ withDerivative(
  (x) => {
    const u = tf.add(x, 1)
    const rounded = tf.sub(u, 1)
    const tiny = tf.equal(rounded, 0)
    const ratio = tf.div(x, tf.where(tiny, tf.onesLike(x), rounded))
    return tf.where(tiny, x, tf.mul(tf.log(u), ratio))
  },
  (x) => tf.reciprocal(tf.add(x, 1)),
)
