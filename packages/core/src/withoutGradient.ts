import * as tf from "@tensorflow/tfjs-core"

/**
 * What a function makes of a tensor, as a constant: no gradient passes through it, neither to the tensor nor to others
 * that the function uses.
 *
 * **When to use**
 *
 * Use for numbers that a loss goes by but is not to change, and around what cannot be differentiated when traced, such as
 * a {@link scan}. The tensor itself without its gradient is `withoutGradient(x, tf.clone)`.
 *
 * **Details**
 *
 * - Nothing that `f` does is recorded for a gradient
 *
 * **Example** (The second factor counts as constant)
 *
 * ```ts
 * import { withoutGradient } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const slope = tf.grad((x) => tf.mul(x, withoutGradient(x, tf.square)))
 * slope(tf.scalar(3)).arraySync() // => 9
 * ```
 *
 * @category combinators
 */
export const withoutGradient = <T extends tf.Tensor>(x: tf.Tensor, f: (x: tf.Tensor) => T): T =>
  tf.customGrad((from) => ({
    value: f(from as tf.Tensor),
    gradFunc: () => tf.zeros(x.shape),
  }))(x)
