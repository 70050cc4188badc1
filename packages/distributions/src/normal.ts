import { logNdtr, ndtr, ndtri, numbers, type Numbers } from "@pushforward/bijectors"
import { constraints, makePlugin, type Shape } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { type Distribution, distributionKind, makeDistribution } from "./Distribution.ts"
import { normalNoise } from "./internal/noise.ts"
import { logRootTwoPi } from "./internal/standardLogProb.ts"

/** What {@link normal} takes. */
export interface NormalOptions {
  /** Default 0. */
  readonly loc?: Numbers
  /** The standard deviation. Default 1; positive. */
  readonly scale?: Numbers
}

/** A value that does not depend on the sample, as a tensor of the batch's shape. */
const inBatch = (batchShape: Shape, value: Numbers): tf.Tensor =>
  tf.add(tf.zeros([...batchShape]), numbers.operand(value))

/**
 * The normal distribution, one for each element of `loc` and `scale` together.
 *
 * **Details**
 *
 * - Density: `log p(x) = −½ z² − log scale − ½ log 2π`, `z = (x − loc)/scale`
 * - `cdf` is `Φ(z)`, accurate in both tails; `logCdf` where it is no longer a float32; `quantile` is `loc + scale Φ⁻¹(p)`
 * - Shapes: event `[]`, batch: `loc` and `scale` broadcast
 * - Throws: `RangeError` for a scale that is not positive (tensors are not looked at)
 *
 * **Example** (A log density)
 *
 * ```ts
 * import { normal } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * normal().logProb(tf.scalar(2.01)).dataSync()[0]!.toFixed(6) // => "-2.938989"
 * ```
 *
 * @category constructors
 */
export const normal = ({ loc = 0, scale = 1 }: NormalOptions = {}): Distribution => {
  numbers.requireNumbers("normal", loc, "a finite loc", "Give a number.", Number.isFinite)
  numbers.requireNumbers(
    "normal",
    scale,
    "a positive scale",
    "Scale is the standard deviation.",
    (value) => value > 0 && value < Infinity,
  )
  const batchShape = numbers.broadcastShapes("normal", numbers.shapeOf(loc), numbers.shapeOf(scale))
  const logScale = (): Numbers => numbers.mapNumbers(scale, Math.log, tf.log)
  const standardise = (x: tf.Tensor): tf.Tensor => {
    const centred = loc === 0 ? x : tf.sub(x, numbers.operand(loc))
    return scale === 1 ? centred : tf.div(centred, numbers.operand(scale))
  }
  const place = (z: tf.Tensor): tf.Tensor => {
    const scaled = scale === 1 ? z : tf.mul(z, numbers.operand(scale))
    return tf.add(scaled, numbers.operand(loc))
  }
  const score = (z: tf.Tensor): tf.Tensor => {
    const constant = numbers.mapNumbers(
      logScale(),
      (value) => value + logRootTwoPi,
      (t) => tf.add(t, logRootTwoPi),
    )
    return tf.sub(tf.mul(-0.5, tf.square(z)), numbers.operand(constant))
  }
  return makeDistribution(
    {
      name: "normal",
      eventShape: [],
      batchShape,
      support: constraints.real,
      noise: normalNoise([]),
    },
    {
      logProb: (x) => score(standardise(x)),
      sampleFrom: place,
      sampleAndLogProbFrom: (z) => [place(z), score(z)],
      mean: () => inBatch(batchShape, loc),
      variance: () =>
        inBatch(
          batchShape,
          numbers.mapNumbers(scale, (s) => s * s, tf.square),
        ),
      entropy: () => tf.add(inBatch(batchShape, logScale()), 0.5 + logRootTwoPi),
      cdf: (x) => ndtr(standardise(x)),
      logCdf: (x) => logNdtr(standardise(x)),
      quantile: (p) => place(ndtri(p)),
    },
  )
}

const numberOrVector = /* @__PURE__ */ (() =>
  Schema.optionalKey(Schema.Union([Schema.Finite, Schema.Array(Schema.Finite)])))()

/** `{ "_tag": "normal", "loc": 0, "scale": 1 }`, both optional: see {@link normal}. */
export const normalPlugin = /* @__PURE__ */ makePlugin(distributionKind, "normal", {
  description: "The normal distribution: log p(x) = −½ ((x − loc)/scale)² − log scale − ½ log 2π",
  fields: { loc: numberOrVector, scale: numberOrVector },
  examples: [{ spec: { _tag: "normal", loc: 1.5, scale: 0.5 }, eventShape: [] }],
  compile: ({ loc = 0, scale = 1 }) => Result.succeed(normal({ loc, scale })),
})
