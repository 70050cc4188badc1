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
 * The logistic function, from the real line to the unit interval. `invert(sigmoid())` is the logit.
 *
 * **Details**
 *
 * - Forward: `y = σ(x) = 1/(1 + e⁻ˣ)`; log-det: `−log(1 + e⁻ˣ) − log(1 + eˣ)`
 * - Inverse: `x = log y − log(1 − y)`; log-det: `−log y − log(1 − y)`; at the edges 0 and 1: ∓∞ and +∞
 * - Shapes: elementwise, `x: [...batch]` to `y, logDet: [...batch]`
 *
 * **Gotchas**
 *
 * In float32, `y` is exactly 1 from `x = 17` on, while below it stays apart from 0 down to `x = −87`.
 *
 * **Example** (The middle)
 *
 * ```ts
 * import { sigmoid } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * sigmoid().forward(tf.scalar(0)).dataSync()[0] // => 0.5
 * ```
 *
 * @category constructors
 */
export const sigmoid = (): Bijector =>
  makeBijector(
    signature({
      name: "sigmoid",
      domain: constraints.real,
      codomain: constraints.unitInterval,
      increasing: true,
    }),
    {
      forwardAndLogDet: (x) => [
        tf.sigmoid(x),
        tf.neg(tf.add(tf.softplus(x), tf.softplus(tf.neg(x)))),
      ],
      inverseAndLogDet: (y) => {
        const [logY, logRest] = [tf.log(y), log1p(tf.neg(y))]
        return [tf.sub(logY, logRest), tf.neg(tf.add(logY, logRest))]
      },
      forward: (x) => tf.sigmoid(x),
    },
  )

/** `{ "_tag": "sigmoid" }`: see {@link sigmoid}. */
export const sigmoidPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "sigmoid", {
  description: "From the real line to the unit interval: y = 1/(1 + e⁻ˣ)",
  fields: {},
  examples: [{ spec: { _tag: "sigmoid" }, eventShape: [2] }],
  compile: () => Result.succeed(sigmoid()),
})
