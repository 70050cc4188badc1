import {
  type Bijector,
  bijectorKind,
  constantLogDet,
  makeBijector,
  makePlugin,
  signature,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result } from "effect"

const turn = (x: tf.Tensor): tf.Tensor => tf.reverse(x, x.rank - 1)

/**
 * Turns a vector round. Its own inverse; put it between autoregressive layers so that each sees the other order.
 *
 * **Details**
 *
 * - Forward and inverse: `y[i] = x[d − 1 − i]`; log-dets: 0
 * - Shapes: `x: [...batch, d]` to `y: [...batch, d]`, `logDet: [...batch]`, for any `d`
 *
 * **Example** (Three elements)
 *
 * ```ts
 * import { reverse } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * reverse().forward(tf.tensor1d([1, 2, 3])).arraySync() // => [3, 2, 1]
 * ```
 *
 * @category constructors
 */
export const reverse = (): Bijector =>
  makeBijector(signature({ name: "reverse", eventShapeIn: [null], rearranges: true }), {
    forwardAndLogDet: (x) => [turn(x), constantLogDet(x, 1, 0)],
    inverseAndLogDet: (y) => [turn(y), constantLogDet(y, 1, 0)],
    forward: turn,
    inverse: turn,
  })

/** `{ "_tag": "reverse" }`: see {@link reverse}. */
export const reversePlugin = /* @__PURE__ */ makePlugin(bijectorKind, "reverse", {
  description: "A vector turned round: y[i] = x[d − 1 − i]",
  fields: {},
  examples: [{ spec: { _tag: "reverse" }, eventShape: [3] }],
  compile: () => Result.succeed(reverse()),
})
