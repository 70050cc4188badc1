/**
 * The contract of a distribution, and of a recipe for one.
 */
import {
  type Constraint,
  type HostTensor,
  type Kind,
  makeKind,
  type Parametric,
  type RandomKey,
  requireEvent,
  sameShape,
  type Shape,
  showShape,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"

/**
 * What is known of a distribution before its parameters are.
 *
 * **Details**
 *
 * - `eventShape`: the shape of one draw
 * - `support`: where the density is not zero, as closely as it is known
 * - `contextShape`: set when a context of this shape is required
 * - `noise(key, batch)`: numbers of shape `[...batch, ...]` that `sampleFrom` turns into one draw per element of `batch`
 *
 * @category models
 */
export interface DistributionSignature {
  readonly name: string
  readonly eventShape: Shape
  readonly support: Constraint
  readonly contextShape?: Shape
  readonly noise: (key: RandomKey, batch: Shape) => HostTensor
}

/**
 * A distribution over events of shape `eventShape`, or one for each element of `batchShape`.
 *
 * **Details**
 *
 * - `logProb(x)`: `[...sample, ...batch, ...event]` to `[...sample, ...batch]`, in nats; −∞ outside the support, NaN for
 *   NaN only
 * - `sampleFrom(noise)`, `sampleAndLogProbFrom(noise)`: pure functions of the numbers that `noise` drew, so they may be
 *   differentiated and traced
 * - `sample(key, sampleShape)`, `sampleAndLogProb(key, sampleShape)`: the same from a key, `[...sample, ...batch, ...event]`
 * - `mean`, `variance`, `entropy`, `cdf`, `quantile`, `logCdf`: there when they have a closed form. The first two give
 *   `[...batch, ...event]`, `entropy` gives `[...batch]`
 *
 * @category models
 */
export interface Distribution extends DistributionSignature {
  readonly batchShape: Shape
  readonly logProb: (value: tf.Tensor) => tf.Tensor
  readonly sampleFrom: (noise: tf.Tensor) => tf.Tensor
  readonly sampleAndLogProbFrom: (
    noise: tf.Tensor,
  ) => readonly [value: tf.Tensor, logProb: tf.Tensor]
  readonly sample: (key: RandomKey, sampleShape?: Shape) => tf.Tensor
  readonly sampleAndLogProb: (
    key: RandomKey,
    sampleShape?: Shape,
  ) => readonly [value: tf.Tensor, logProb: tf.Tensor]
  readonly mean?: () => tf.Tensor
  readonly variance?: () => tf.Tensor
  readonly entropy?: () => tf.Tensor
  readonly cdf?: (value: tf.Tensor) => tf.Tensor
  readonly logCdf?: (value: tf.Tensor) => tf.Tensor
  readonly quantile?: (probability: tf.Tensor) => tf.Tensor
}

/** A recipe for a distribution, whose signature is known without its parameters. */
export interface ParametricDistribution extends DistributionSignature, Parametric<Distribution> {}

/** What combinators take: a finished distribution or a recipe. */
export type DistributionLayer = Distribution | ParametricDistribution

/** Whether a distribution still needs parameters. */
export const isParametricDistribution = (
  layer: DistributionLayer,
): layer is ParametricDistribution => "build" in layer

/** What {@link makeDistribution} needs beside the signature. */
export type DistributionMethods = Pick<Distribution, "logProb" | "sampleFrom"> &
  Partial<
    Pick<
      Distribution,
      "sampleAndLogProbFrom" | "mean" | "variance" | "entropy" | "cdf" | "logCdf" | "quantile"
    >
  >

const toTensor = ({ values, shape, dtype }: HostTensor): tf.Tensor =>
  tf.tensor(values, [...shape], dtype)

/**
 * Makes a distribution from its signature, its batch shape and its methods; draws follow.
 *
 * **Details**
 *
 * - `sampleAndLogProbFrom` scores the draw unless it is given, as it should be when that needs a second pass
 * - Throws: `ShapeError` from `logProb` for a tensor without the declared event
 *
 * **Example** (The exponential distribution)
 *
 * ```ts
 * import { constraints, makeKey, sizeOf, uniformValues } from "@pushforward/core"
 * import { makeDistribution } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const exponential = makeDistribution(
 *   {
 *     name: "exponential",
 *     eventShape: [],
 *     batchShape: [],
 *     support: constraints.nonNegative,
 *     noise: (key, shape) => ({ shape, dtype: "float32", values: uniformValues(key, sizeOf(shape)) }),
 *   },
 *   {
 *     logProb: (x) => tf.where(tf.less(x, 0), tf.fill(x.shape, -Infinity), tf.neg(x)),
 *     sampleFrom: (u) => tf.neg(tf.log(u)),
 *   },
 * )
 * exponential.sample(makeKey(0), [3]).shape // => [3]
 * ```
 *
 * @category constructors
 */
export const makeDistribution = (
  of: DistributionSignature & { readonly batchShape: Shape },
  methods: DistributionMethods,
): Distribution => {
  const { name, eventShape, batchShape, noise } = of
  const logProb = (value: tf.Tensor): tf.Tensor => {
    requireEvent(name, value, eventShape)
    return methods.logProb(value)
  }
  const { sampleFrom } = methods
  const sampleAndLogProbFrom =
    methods.sampleAndLogProbFrom ??
    ((drawn: tf.Tensor) => {
      const value = sampleFrom(drawn)
      return [value, logProb(value)] as const
    })
  const draw = (key: RandomKey, sampleShape: Shape): tf.Tensor =>
    toTensor(noise(key, [...sampleShape, ...batchShape]))
  return {
    ...of,
    ...methods,
    logProb,
    sampleAndLogProbFrom,
    sample: (key, sampleShape = []) => tf.tidy(() => sampleFrom(draw(key, sampleShape))),
    sampleAndLogProb: (key, sampleShape = []) => {
      const { value, score } = tf.tidy(() => {
        const pair = sampleAndLogProbFrom(draw(key, sampleShape))
        return { value: pair[0], score: pair[1] }
      })
      return [value, score]
    },
  }
}

/** Plugins that make distributions, finished or as recipes. */
export const distributionKind: Kind<DistributionLayer> = /* @__PURE__ */ makeKind(
  "distribution",
  (layer: DistributionLayer, eventShape: Shape) =>
    sameShape(layer.eventShape, eventShape)
      ? undefined
      : `${layer.name} draws events of shape ${showShape(layer.eventShape)}. ` +
        (layer.eventShape.length === 0
          ? `Wrap it in "independent" to draw each element by itself.`
          : `Change its parameters, or the event.`),
)
