import {
  type Bijector,
  bijectorKind,
  constraints,
  makeBijector,
  makePlugin,
  signature,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result } from "effect"

/**
 * The exponential, from the real line to the positive numbers. `invert(exp())` is the logarithm.
 *
 * **Details**
 *
 * - Forward: `y = eˣ`; log-det: `x`
 * - Inverse: `x = log y`; log-det: `−log y`; at the edge 0: −∞ and +∞
 * - Shapes: elementwise, `x: [...batch]` to `y, logDet: [...batch]`
 *
 * **Example** (e)
 *
 * ```ts
 * import { exp } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * exp().forward(tf.tensor1d([0, Math.LN2])).arraySync() // => [1, 2]
 * ```
 *
 * @category constructors
 */
export const exp = (): Bijector =>
  makeBijector(
    signature({
      name: "exp",
      domain: constraints.real,
      codomain: constraints.positive,
      increasing: true,
    }),
    {
      forwardAndLogDet: (x) => [tf.exp(x), tf.clone(x)],
      inverseAndLogDet: (y) => {
        const x = tf.log(y)
        return [x, tf.neg(x)]
      },
      forward: (x) => tf.exp(x),
      inverse: (y) => tf.log(y),
    },
  )

/** `{ "_tag": "exp" }`: see {@link exp}. */
export const expPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "exp", {
  description: "From the real line to the positive numbers: y = eˣ",
  fields: {},
  examples: [{ spec: { _tag: "exp" }, eventShape: [2] }],
  compile: () => Result.succeed(exp()),
})
