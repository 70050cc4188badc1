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
import { log1mexp } from "./internal/log1mexp.ts"

/**
 * From the real line to the positive numbers, like `exp` below zero and like the identity above.
 *
 * **Details**
 *
 * - Forward: `y = log(1 + eˣ)`; log-det: `log σ(x) = −log(1 + e⁻ˣ)`
 * - Inverse: `x = y + log(1 − e⁻ʸ)`; log-det: `−log(1 − e⁻ʸ)`; at the edge 0: −∞ and +∞
 * - Shapes: elementwise, `x: [...batch]` to `y, logDet: [...batch]`
 *
 * **Example** (There and back)
 *
 * ```ts
 * import { softplus } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * softplus().inverse(softplus().forward(tf.scalar(-30))).dataSync()[0] // => -30
 * ```
 *
 * @category constructors
 */
export const softplus = (): Bijector =>
  makeBijector(
    signature({
      name: "softplus",
      domain: constraints.real,
      codomain: constraints.positive,
      increasing: true,
    }),
    {
      forwardAndLogDet: (x) => [tf.softplus(x), tf.neg(tf.softplus(tf.neg(x)))],
      inverseAndLogDet: (y) => {
        const ratio = log1mexp(y) // log(x's distance from y): log(1 − e⁻ʸ)
        return [tf.add(y, ratio), tf.neg(ratio)]
      },
      forward: (x) => tf.softplus(x),
    },
  )

/** `{ "_tag": "softplus" }`: see {@link softplus}. */
export const softplusPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "softplus", {
  description: "From the real line to the positive numbers: y = log(1 + eˣ)",
  fields: {},
  examples: [{ spec: { _tag: "softplus" }, eventShape: [2] }],
  compile: () => Result.succeed(softplus()),
})
