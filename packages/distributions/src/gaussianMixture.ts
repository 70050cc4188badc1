import { numbers, type Numbers, scaleTril } from "@pushforward/bijectors"
import { constraints, makePlugin, type Shape, ShapeError, showShape } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { type Distribution, distributionKind, makeDistribution } from "./Distribution.ts"
import { choiceAndNormalNoise } from "./internal/noise.ts"
import { standardLogProb } from "./internal/standardLogProb.ts"
import { scoreInside } from "./scoreInside.ts"

/** What {@link gaussianMixture} takes: `K` components of vectors of length `d`. */
export interface GaussianMixtureOptions {
  /** `[...batch, K]`: how much each component weighs, on any scale. */
  readonly weights: Numbers
  /** `[...batch, K, d]`: their means. */
  readonly loc: ReadonlyArray<ReadonlyArray<number>> | tf.Tensor
  /** `[...batch, K, d, d]`: Cholesky factors of their covariances. */
  readonly scaleTril: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>> | tf.Tensor
}

const name = "gaussian-mixture"

/** Refuses what makes no mixture: shapes that disagree, and on the host values as well. Gives `[...batch, K]` and `d`. */
const check = ({
  weights,
  loc,
  scaleTril: factors,
}: GaussianMixtureOptions): { readonly shape: Shape; readonly d: number } => {
  const refuse = (got: string): never => {
    throw new ShapeError(
      `${name}: expected weights [...batch, K], loc [...batch, K, d] and scaleTril [...batch, K, d, d], ` +
        `got ${got}. Give each component a weight, a mean and a matrix.`,
    )
  }
  numbers.requireNumbers(
    name,
    weights,
    "positive weights",
    "Leave out components that weigh nothing.",
    (value) => value > 0 && value < Infinity,
  )
  const hostLoc = loc instanceof tf.Tensor ? [] : loc
  const hostFactors = factors instanceof tf.Tensor ? [] : factors
  for (const mean of hostLoc) {
    numbers.requireNumbers(name, mean, "finite means", "Give numbers.", Number.isFinite)
  }
  for (const matrix of hostFactors) scaleTril({ scaleTril: matrix })
  const locShape = loc instanceof tf.Tensor ? loc.shape : [loc.length, loc[0]?.length ?? 0]
  const d = locShape.at(-1)!
  const factorShape = factors instanceof tf.Tensor ? factors.shape : [factors.length, d, d]
  const ragged = [...hostLoc, ...hostFactors].find(({ length }) => length !== d)
  if (ragged) refuse(`a mean or a matrix of ${ragged.length} beside one of ${d}`)
  const shapes = [numbers.shapeOf(weights), locShape.slice(0, -1), factorShape.slice(0, -2)]
  const alike = new Set(shapes.map((shape) => shape.at(-1))).size === 1 && shapes[0]!.length > 0
  if (!alike || !(d > 0) || factorShape.at(-1) !== d || factorShape.at(-2) !== d) {
    refuse([shapes[0]!, locShape, factorShape].map(showShape).join(", "))
  }
  return { shape: numbers.broadcastShapes(name, ...shapes), d }
}

/** A host value as a tensor of the surrounding scope. */
const operand = (value: GaussianMixtureOptions[keyof GaussianMixtureOptions]): tf.Tensor =>
  value instanceof tf.Tensor ? value : tf.tensor(value, undefined, "float32")

/**
 * A mixture of `K` multivariate normal distributions, each with a covariance of its own.
 *
 * **When to use**
 *
 * Use as a density that needs no training (`fitGaussianMixture` of `@pushforward/training` finds one), or as the base of
 * a flow over rows that lie in several places.
 *
 * **Details**
 *
 * - Density: `log p(x) = log Σₖ πₖ N(x; μₖ, Lₖ Lₖᵀ)`, with `πₖ` the weights over their sum
 * - Draws: a uniform number chooses the component, whose draw is `μₖ + Lₖ z`: differentiable in means and matrices, not in
 *   weights
 * - Shapes: event `[d]`, batch: what the three have before `K`, broadcast
 * - Throws: `ShapeError` for shapes that disagree; `RangeError` for weights that are not positive and matrices that are no
 *   Cholesky factors (tensors are not looked at)
 *
 * **Example** (A narrow peak in a wide one)
 *
 * ```ts
 * import { gaussianMixture } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const d = gaussianMixture({ weights: [1, 1], loc: [[0], [0]], scaleTril: [[[1]], [[0.1]]] })
 * d.logProb(tf.tensor1d([0])).dataSync()[0]!.toFixed(4) // => "0.7858"
 * ```
 *
 * @category constructors
 */
export const gaussianMixture = (options: GaussianMixtureOptions): Distribution => {
  const { shape, d } = check(options)
  const count = shape.at(-1)!
  const batchShape = shape.slice(0, -1)
  const loc = (): tf.Tensor => operand(options.loc)
  const factors = (): tf.Tensor => operand(options.scaleTril)
  const shares = (): tf.Tensor => {
    const weights = operand(options.weights)
    return tf.div(weights, tf.sum(weights, -1, true))
  }
  /** `Σₖ πₖ vₖ` of `[...batch, K, d]`. */
  const average = (values: tf.Tensor): tf.Tensor =>
    tf.add(tf.zeros([...batchShape, d]), tf.sum(tf.mul(tf.expandDims(shares(), -1), values), -2))
  const components = () => scaleTril({ shift: loc(), scaleTril: factors() })
  return makeDistribution(
    {
      name,
      eventShape: [d],
      batchShape,
      support: constraints.real,
      noise: choiceAndNormalNoise(d),
    },
    {
      logProb: (x) =>
        scoreInside(constraints.real, [d], x, (inside) => {
          const [z, logDet] = components().inverseAndLogDet(tf.expandDims(inside, -2))
          const each = tf.add(standardLogProb(z, 1, d), logDet)
          // Where float32 ends for every component, their largest share would be the difference of infinities.
          return tf.logSumExp(tf.add(tf.log(shares()), tf.maximum(each, -1e38)), -1)
        }),
      sampleFrom: (noise) => {
        const [u, z] = tf.split(noise, [1, d], -1)
        const cumulative = tf.cumsum(shares(), batchShape.length)
        const passed = tf.cast(tf.lessEqual(cumulative, u!), "float32")
        // The last cumulative share may be rounded below one.
        const choice = tf.minimum(tf.sum(passed, -1, true), count - 1)
        const chosen = tf.cast(tf.equal(choice, tf.range(0, count)), "float32")
        const draws = components().forward(tf.expandDims(z!, -2))
        return tf.sum(tf.mul(tf.expandDims(chosen, -1), draws), -2)
      },
      mean: () => average(loc()),
      variance: () => {
        const within = tf.sum(tf.square(factors()), -1)
        const off = tf.sub(loc(), tf.expandDims(average(loc()), -2))
        return average(tf.add(within, tf.square(off)))
      },
    },
  )
}

/** `{ "_tag": "gaussian-mixture", "weights": [...], "loc": [[...], ...], "scaleTril": [[[...], ...], ...] }`: see {@link gaussianMixture}. */
export const gaussianMixturePlugin = /* @__PURE__ */ makePlugin(distributionKind, name, {
  description:
    "A mixture of multivariate normal distributions: log p(x) = log Σₖ πₖ N(x; μₖ, Lₖ Lₖᵀ)",
  fields: /* @__PURE__ */ (() => {
    const vector = Schema.Array(Schema.Finite)
    return {
      weights: vector,
      loc: Schema.Array(vector),
      scaleTril: Schema.Array(Schema.Array(vector)),
    }
  })(),
  examples: [
    {
      spec: {
        _tag: name,
        weights: [1, 2.5, 0.5],
        loc: [
          [1, -2],
          [-1, 0.5],
          [-1, 0.5],
        ],
        scaleTril: [
          [
            [1, 0],
            [-0.5, 0.7],
          ],
          [
            [0.5, 0],
            [0.25, 1.5],
          ],
          [
            [0.2, 0],
            [0.1, 0.3],
          ],
        ],
      },
      eventShape: [2],
    },
    {
      spec: { _tag: name, weights: [0.3, 0.7], loc: [[-0.5], [0.75]], scaleTril: [[[1]], [[0.5]]] },
      eventShape: [1],
    },
  ],
  compile: ({ weights, loc, scaleTril: factors }) =>
    Result.succeed(gaussianMixture({ weights, loc, scaleTril: factors })),
})
