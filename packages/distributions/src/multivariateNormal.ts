import { affine, type LowerMatrix, numbers, type Numbers, scaleTril } from "@pushforward/bijectors"
import {
  type Bijector,
  constraints,
  makePlugin,
  type Shape,
  ShapeError,
  showShape,
  sizeOf,
  sumEvent,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { type Distribution, distributionKind, makeDistribution } from "./Distribution.ts"
import { normalNoise } from "./internal/noise.ts"
import { logRootTwoPi, standardLogProb } from "./internal/standardLogProb.ts"
import { scoreInside } from "./scoreInside.ts"

/**
 * Independent standard normal elements of any event shape: the base of a flow.
 *
 * **Details**
 *
 * - Density: `log p(x) = −½ Σ xᵢ² − ½ n log 2π`, with `n` the number of elements
 * - Shapes: event `eventShape`, batch `[]`
 *
 * **Example** (At the origin)
 *
 * ```ts
 * import { standardNormal } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * standardNormal([2]).logProb(tf.zeros([2])).dataSync()[0]!.toFixed(4) // => "-1.8379"
 * ```
 *
 * @category constructors
 */
export const standardNormal = (eventShape: Shape): Distribution => {
  const [rank, size] = [eventShape.length, sizeOf(eventShape)]
  const logProb = (x: tf.Tensor): tf.Tensor => standardLogProb(x, rank, size)
  return makeDistribution(
    {
      name: "standard-normal",
      eventShape,
      batchShape: [],
      support: constraints.real,
      noise: normalNoise(eventShape),
    },
    {
      logProb,
      sampleFrom: (z) => tf.clone(z),
      sampleAndLogProbFrom: (z) => [tf.clone(z), logProb(z)],
      mean: () => tf.zeros([...eventShape]),
      variance: () => tf.ones([...eventShape]),
      entropy: () => tf.scalar(size * (0.5 + logRootTwoPi)),
    },
  )
}

/** What {@link multivariateNormal} takes: a scale in one of three forms; none is the identity. */
export type MultivariateNormalOptions = {
  /** `[...batch, d]`. Default 0. */
  readonly loc?: Numbers
} & (
  | { readonly scaleDiag: Numbers; readonly scaleIdentity?: never; readonly scaleTril?: never }
  | { readonly scaleIdentity?: number; readonly scaleDiag?: never; readonly scaleTril?: never }
  | { readonly scaleTril: LowerMatrix; readonly scaleDiag?: never; readonly scaleIdentity?: never }
)

const matrixShape = (matrix: LowerMatrix): Shape =>
  matrix instanceof tf.Tensor ? matrix.shape : [matrix.length, matrix.length]

const matrixTensor = (matrix: LowerMatrix): tf.Tensor =>
  matrix instanceof tf.Tensor ? matrix : tf.tensor2d(matrix.map((row) => [...row]))

/** The pieces that the three forms of scale share: the bijector, and the standard deviations `[...batch, d]`. */
interface Scale {
  readonly shape: Shape
  readonly bijector: Bijector
  readonly deviations: () => tf.Tensor | number
}

const scaleOf = (options: MultivariateNormalOptions, loc: Numbers): Scale => {
  if (options.scaleTril !== undefined) {
    const matrix = options.scaleTril
    return {
      shape: matrixShape(matrix).slice(0, -1),
      bijector: scaleTril({ shift: loc, scaleTril: matrix }),
      deviations: () => tf.sqrt(tf.sum(tf.square(matrixTensor(matrix)), -1)),
    }
  }
  const scale = options.scaleDiag ?? options.scaleIdentity ?? 1
  numbers.requireNumbers(
    "multivariate-normal",
    scale,
    "positive standard deviations",
    "Give square roots of variances.",
    (value) => value > 0 && value < Infinity,
  )
  return {
    shape: numbers.shapeOf(scale),
    bijector: affine({ shift: loc, scale }),
    deviations: () => numbers.operand(scale),
  }
}

/**
 * The multivariate normal distribution of vectors.
 *
 * **Details**
 *
 * - Density: `log p(x) = −½ |z|² − log |det S| − ½ d log 2π`, `z = S⁻¹ (x − loc)`, covariance `S Sᵀ`
 * - `S`: `scaleIdentity · I`, or the diagonal matrix of `scaleDiag`, or the lower triangular `scaleTril`
 * - Shapes: event `[d]`, taken from `loc` or the scale; batch: what they have before that, broadcast
 * - Throws: `RangeError` for a standard deviation that is not positive, `ShapeError` when neither `loc` nor the scale
 *   says how long the vectors are: use {@link standardNormal} there
 *
 * **Example** (Correlated)
 *
 * ```ts
 * import { multivariateNormal } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const d = multivariateNormal({ loc: [1, 2], scaleTril: [[2, 0], [1, 1]] })
 * d.logProb(tf.tensor1d([1, 2])).dataSync()[0]!.toFixed(4) // => "-2.5310"
 * ```
 *
 * @category constructors
 */
export const multivariateNormal = (options: MultivariateNormalOptions): Distribution => {
  const { loc = 0 } = options
  const { shape, bijector, deviations } = scaleOf(options, loc)
  const whole = numbers.broadcastShapes("multivariate-normal", numbers.shapeOf(loc), shape)
  const d = whole.at(-1)
  if (d === undefined) {
    throw new ShapeError(
      `multivariate-normal: expected a vector among loc and scaleDiag, got numbers only. ` +
        `Give one number per element, or use standardNormal([d]).`,
    )
  }
  const rank = 1 - bijector.eventRankIn
  const batchShape = whole.slice(0, -1)
  const inBatch = (value: tf.Tensor | number): tf.Tensor => tf.add(tf.zeros([...whole]), value)
  const score = (x: tf.Tensor): tf.Tensor => {
    const [z, logDet] = bijector.inverseAndLogDet(x)
    return tf.add(standardLogProb(z, 1, d), sumEvent(logDet, rank))
  }
  return makeDistribution(
    {
      name: "multivariate-normal",
      eventShape: [d],
      batchShape,
      support: constraints.real,
      noise: normalNoise([d]),
    },
    {
      // Substitution would turn an infinite element into NaNs.
      logProb: (x) => scoreInside(constraints.real, [d], x, score),
      sampleFrom: bijector.forward,
      sampleAndLogProbFrom: (z) => {
        const [x, logDet] = bijector.forwardAndLogDet(z)
        return [x, tf.sub(standardLogProb(z, 1, d), sumEvent(logDet, rank))]
      },
      mean: () => inBatch(numbers.operand(loc)),
      variance: () => inBatch(tf.square(deviations())),
      entropy: () => {
        const [, logDet] = bijector.forwardAndLogDet(tf.zeros([...whole]))
        return tf.add(sumEvent(logDet, rank), d * (0.5 + logRootTwoPi))
      },
    },
  )
}

const vector = /* @__PURE__ */ (() => Schema.optionalKey(Schema.Array(Schema.Finite)))()

/**
 * `{ "_tag": "multivariate-normal" }` is the standard normal of any event shape; with `loc` and one of `scaleDiag`,
 * `scaleIdentity` and `scaleTril`: see {@link multivariateNormal}.
 */
export const multivariateNormalPlugin = /* @__PURE__ */ makePlugin(
  distributionKind,
  "multivariate-normal",
  {
    description:
      "The multivariate normal distribution: log p(x) = −½ |S⁻¹(x − loc)|² − log |det S| − ½ d log 2π",
    fields: {
      loc: vector,
      scaleDiag: vector,
      scaleIdentity: /* @__PURE__ */ (() => Schema.optionalKey(Schema.Finite))(),
      scaleTril: /* @__PURE__ */ (() =>
        Schema.optionalKey(Schema.Array(Schema.Array(Schema.Finite))))(),
    },
    examples: [
      { spec: { _tag: "multivariate-normal" }, eventShape: [2] },
      {
        spec: {
          _tag: "multivariate-normal",
          loc: [1, -2],
          scaleTril: [
            [2, 0],
            [-0.5, 0.7],
          ],
        },
        eventShape: [2],
      },
      {
        spec: { _tag: "multivariate-normal", loc: [1, -2], scaleDiag: [0.5, 3] },
        eventShape: [2],
      },
      { spec: { _tag: "multivariate-normal", loc: [1, -2], scaleIdentity: 2 }, eventShape: [2] },
    ],
    compile: ({ loc, scaleDiag, scaleIdentity, scaleTril: matrix }, site) => {
      const given = Object.entries({ scaleDiag, scaleIdentity, scaleTril: matrix }).filter(
        ([, value]) => value !== undefined,
      )
      if (given.length > 1) {
        return Result.fail(
          site.fail(given[1]![0], {
            expected: "one scale",
            actual: given.map(([name]) => name).join(" and "),
            hint: "Keep one of them.",
          }),
        )
      }
      if (given.length === 0 && loc === undefined) {
        return Result.succeed(standardNormal(site.eventShape))
      }
      const [d] = site.eventShape
      if (d === undefined || site.eventShape.length !== 1) {
        return Result.fail(
          site.fail("_tag", {
            expected: "events that are vectors, for a location or a scale",
            actual: `events of shape ${showShape(site.eventShape)}`,
            hint: `Leave both out, or wrap "normal" in "independent".`,
          }),
        )
      }
      // A scaled identity alone does not say how long the vectors are; the site does.
      const at = loc ?? Array<number>(d).fill(0)
      return Result.succeed(
        multivariateNormal(
          matrix !== undefined
            ? { loc: at, scaleTril: matrix }
            : scaleDiag !== undefined
              ? { loc: at, scaleDiag }
              : { loc: at, scaleIdentity: scaleIdentity ?? 1 },
        ),
      )
    },
  },
)
