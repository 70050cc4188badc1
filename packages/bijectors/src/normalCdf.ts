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
import { logRootTwoPi, ndtr, ndtri } from "./ndtr.ts"

/**
 * The standard normal distribution function, from the real line to the unit interval. Its inverse is the quantile.
 *
 * **Details**
 *
 * - Forward: `y = Φ(x)`; log-det: `log φ(x) = −x²/2 − log √(2π)`
 * - Inverse: `x = Φ⁻¹(y)`; log-det: `x²/2 + log √(2π)`; at the edges 0 and 1: ∓∞ and +∞
 * - Shapes: elementwise, `x: [...batch]` to `y, logDet: [...batch]`
 * - Source: Wichura, "Algorithm AS 241", 1988, for the quantile; see {@link ndtr} for `Φ`
 *
 * **Gotchas**
 *
 * In float32, `y` is exactly 1 from `x = 5.4` on, while below it stays apart from 0 down to `x = −13`: put the tail
 * that matters on the left.
 *
 * **Example** (The middle)
 *
 * ```ts
 * import { normalCdf } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * normalCdf().forward(tf.scalar(-1)).dataSync()[0]!.toFixed(6) // => "0.158655"
 * ```
 *
 * @category constructors
 */
export const normalCdf = (): Bijector =>
  makeBijector(
    signature({
      name: "normal-cdf",
      domain: constraints.real,
      codomain: constraints.unitInterval,
      increasing: true,
    }),
    {
      forwardAndLogDet: (x) => [ndtr(x), tf.sub(tf.mul(-0.5, tf.square(x)), logRootTwoPi)],
      inverseAndLogDet: (y) => {
        const x = ndtri(y)
        return [x, tf.add(tf.mul(0.5, tf.square(x)), logRootTwoPi)]
      },
      forward: ndtr,
      inverse: ndtri,
    },
  )

/** `{ "_tag": "normal-cdf" }`: see {@link normalCdf}. */
export const normalCdfPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "normal-cdf", {
  description:
    "From the real line to the unit interval: y = Φ(x), the standard normal distribution function",
  fields: {},
  examples: [{ spec: { _tag: "normal-cdf" }, eventShape: [2] }],
  compile: () => Result.succeed(normalCdf()),
})
