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
import { log1p } from "./internal/log1p.ts"

/**
 * The hyperbolic tangent, from the real line to the interval from −1 to 1.
 *
 * **Details**
 *
 * - Forward: `y = tanh x`; log-det: `log(1 − tanh² x) = 2 (log 2 − x − log(1 + e⁻²ˣ))`
 * - Inverse: `x = ½ (log(1 + y) − log(1 − y))`; log-det: `−log(1 + y) − log(1 − y)`; at the edges ±1: ±∞ and +∞
 * - Shapes: elementwise, `x: [...batch]` to `y, logDet: [...batch]`
 *
 * **Gotchas**
 *
 * In float32, `y` is exactly ±1 from `|x| = 9` on: there the way back gives ±∞.
 *
 * **Example** (The log-det far out, where `1 − tanh²` would be 0)
 *
 * ```ts
 * import { tanh } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * tanh().forwardAndLogDet(tf.scalar(20))[1].dataSync()[0]!.toFixed(4) // => "-38.6137"
 * ```
 *
 * @category constructors
 */
export const tanh = (): Bijector =>
  makeBijector(
    signature({
      name: "tanh",
      domain: constraints.real,
      codomain: constraints.interval(-1, 1),
      increasing: true,
    }),
    {
      forwardAndLogDet: (x) => [
        tf.tanh(x),
        tf.mul(2, tf.sub(tf.sub(Math.LN2, x), tf.softplus(tf.mul(-2, x)))),
      ],
      inverseAndLogDet: (y) => {
        const [above, below] = [log1p(y), log1p(tf.neg(y))]
        return [tf.mul(0.5, tf.sub(above, below)), tf.neg(tf.add(above, below))]
      },
      forward: (x) => tf.tanh(x),
    },
  )

/** `{ "_tag": "tanh" }`: see {@link tanh}. */
export const tanhPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "tanh", {
  description: "From the real line to the interval from −1 to 1: y = tanh x",
  fields: {},
  examples: [{ spec: { _tag: "tanh" }, eventShape: [2] }],
  compile: () => Result.succeed(tanh()),
})
