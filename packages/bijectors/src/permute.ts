import {
  type Bijector,
  bijectorKind,
  constantLogDet,
  makeBijector,
  makeKey,
  makePlugin,
  randomPermutation,
  showShape,
  signature,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"

/** Picks elements of the last axis. Its gradient picks them back: the wasm engine has no gradient of `gather`. */
const pick = (order: Int32Array, back: Int32Array): ((x: tf.Tensor) => tf.Tensor) =>
  tf.customGrad((x) => ({
    value: tf.gather(x as tf.Tensor, tf.tensor1d(order, "int32"), (x as tf.Tensor).rank - 1),
    gradFunc: (dy) => pick(back, order)(dy),
  }))

/**
 * Reorders the elements of a vector: element `i` of the output is element `order[i]` of the input.
 *
 * **Details**
 *
 * - Forward: `y[i] = x[order[i]]`; inverse: `x[order[i]] = y[i]`; log-dets: 0
 * - Shapes: `x: [...batch, d]` to `y: [...batch, d]`, `logDet: [...batch]`, with `d` the length of `order`
 * - A random order, the same for the same seed: `permute(randomPermutation(makeKey(seed), d))`, both from core
 * - Throws: `RangeError` unless `order` holds each of `0 … d − 1` once
 *
 * **Example** (A rotation)
 *
 * ```ts
 * import { permute } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * permute([2, 0, 1]).forward(tf.tensor1d([10, 20, 30])).arraySync() // => [30, 10, 20]
 * ```
 *
 * @category constructors
 */
export const permute = (order: ArrayLike<number>): Bijector => {
  const indices = Array.from(order)
  const back = Int32Array.from(indices, (_, i) => indices.indexOf(i))
  if (back.includes(-1)) {
    throw new RangeError(
      `permute: expected each of 0 … ${indices.length - 1} once, got [${indices.join(", ")}]. ` +
        `The index ${back.indexOf(-1)} is missing.`,
    )
  }
  const to = pick(Int32Array.from(indices), back)
  const from = pick(back, Int32Array.from(indices))
  return makeBijector(
    signature({ name: "permute", eventShapeIn: [indices.length], rearranges: true }),
    {
      forwardAndLogDet: (x) => [to(x), constantLogDet(x, 1, 0)],
      inverseAndLogDet: (y) => [from(y), constantLogDet(y, 1, 0)],
      forward: to,
      inverse: from,
    },
  )
}

/**
 * `{ "_tag": "permute", "order": [2, 0, 1] }`, or `{ "_tag": "permute", "seed": 7 }` for the random order of a seed: see
 * {@link permute}.
 */
export const permutePlugin = /* @__PURE__ */ makePlugin(bijectorKind, "permute", {
  description: "A fixed reordering of a vector, given or random by a seed: y[i] = x[order[i]]",
  fields: {
    order: /* @__PURE__ */ (() => Schema.optionalKey(Schema.Array(Schema.Int)))(),
    seed: /* @__PURE__ */ (() => Schema.optionalKey(Schema.Int))(),
  },
  examples: [
    { spec: { _tag: "permute", order: [2, 0, 3, 1] }, eventShape: [4] },
    { spec: { _tag: "permute", seed: 1 }, eventShape: [5] },
  ],
  compile: ({ order, seed }, site) => {
    if ((order === undefined) === (seed === undefined)) {
      return Result.fail(
        site.fail("order", {
          expected: "either an order or a seed",
          actual: order === undefined ? "neither" : "both",
          hint: "Write the order out, or give a seed for a random one.",
        }),
      )
    }
    if (order !== undefined) return Result.succeed(permute(order))
    const [d] = site.eventShape
    return d === undefined || site.eventShape.length !== 1
      ? Result.fail(
          site.fail("seed", {
            expected: "events that are vectors",
            actual: `events of shape ${showShape(site.eventShape)}`,
            hint: "Wrap permute in a block.",
          }),
        )
      : Result.succeed(permute(randomPermutation(makeKey(seed!), d)))
  },
})
