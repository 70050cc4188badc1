import { numbers } from "@pushforward/bijectors"
import {
  batchPart,
  type Bijector,
  bijectorKind,
  type BijectorSignature,
  childParams,
  childSite,
  CompositionError,
  type Constraint,
  containsEvent,
  foldKey,
  isParametric,
  isSubset,
  type Layer,
  makePlugin,
  nestedSpec,
  overEvent,
  type Params,
  sameShape,
  type Shape,
  ShapeError,
  showShape,
  type Site,
  sumEvent,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import {
  type Distribution,
  distributionKind,
  type DistributionLayer,
  type DistributionMethods,
  type DistributionSignature,
  isParametricDistribution,
  makeDistribution,
  type ParametricDistribution,
} from "./Distribution.ts"
import { throughMonotone } from "./internal/throughMonotone.ts"
import { scoreInside } from "./scoreInside.ts"
import { standardNormal } from "./multivariateNormal.ts"

/** Applies a bijector's rule for event shapes to events that may have more axes in front. */
const shapeAcross =
  (rank: number, rule: (shape: Shape) => Shape) =>
  (shape: Shape): Shape =>
    rank === 0
      ? rule(shape)
      : [...shape.slice(0, shape.length - rank), ...rule(shape.slice(shape.length - rank))]

/** Whether all of `support` but perhaps its ends, which have probability zero, lies in `domain`. */
const almostSubset = (support: Constraint, domain: Constraint): boolean =>
  isSubset(support, domain) ||
  (domain.elementwise &&
    support.bounds.low >= domain.bounds.low &&
    support.bounds.high <= domain.bounds.high)

/** Where `forward` takes `support`, when that is less than all of the codomain. */
const image = (
  support: Constraint,
  supportRank: number,
  eventRank: number,
  bijector: Bijector,
): Constraint => ({
  ...bijector.codomain,
  name: `${bijector.name} of ${support.name}`,
  eventRank,
  elementwise: false,
  within: [bijector.codomain],
  contains: (y) =>
    tf.logicalAnd(
      containsEvent(bijector.codomain, y, eventRank),
      containsEvent(support, bijector.inverse(y), supportRank),
    ),
  draw: (key, shape) =>
    tf.tidy(() => {
      const inner = shapeAcross(bijector.eventRankOut, bijector.inverseEventShape)(shape)
      const x = tf.tensor(support.draw(key, inner), [...inner], "float32")
      // For laws and tools on the host; nothing that is differentiated or traced calls `draw`.
      return Float32Array.from(bijector.forward(x).dataSync())
    }),
})

const transformedSignature = (
  base: DistributionSignature,
  bijector: BijectorSignature,
): DistributionSignature => {
  const name = `transformed(${base.name}, ${bijector.name})`
  if (bijector.eventRankIn > base.eventShape.length) {
    throw new CompositionError(
      `${name}: ${bijector.name} takes events of rank ${bijector.eventRankIn}, but ${base.name} draws events of shape ` +
        `${showShape(base.eventShape)}. Move batch axes into the event with independent(${base.name}, [...]).`,
    )
  }
  if (!almostSubset(base.support, bijector.domain)) {
    throw new CompositionError(
      `${name}: ${base.name} draws ${base.support.name} values, but ${bijector.name} takes ${bijector.domain.name} ones. ` +
        `Put a bijector from ${base.support.name} to ${bijector.domain.name} before it: chain(…, ${bijector.name}).`,
    )
  }
  if (
    base.contextShape &&
    bijector.contextShape &&
    !sameShape(base.contextShape, bijector.contextShape)
  ) {
    throw new CompositionError(
      `${name}: expected one context shape, got ${showShape(base.contextShape)} in ${base.name} and ` +
        `${showShape(bijector.contextShape)} in ${bijector.name}. Give both the same context.`,
    )
  }
  const contextShape = base.contextShape ?? bijector.contextShape
  return {
    name,
    eventShape: eventAfter(name, base.eventShape, bijector),
    support: bijector.codomain,
    noise: base.noise,
    ...(contextShape && { contextShape }),
  }
}

const eventAfter = (name: string, eventShape: Shape, bijector: BijectorSignature): Shape => {
  try {
    return shapeAcross(bijector.eventRankIn, bijector.forwardEventShape)(eventShape)
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    throw new CompositionError(`${name}: the base draws ${showShape(eventShape)}. ${error.message}`)
  }
}

const finished = (
  of: DistributionSignature,
  base: Distribution,
  bijector: Bijector,
  batchShape: Shape,
): Distribution => {
  const baseRank = base.eventShape.length
  const extra = baseRank - bijector.eventRankIn // event axes that the bijector does not know of
  const { codomain } = bijector
  const methods: DistributionMethods = {
    logProb: (y) =>
      scoreInside(codomain, of.eventShape, y, (inside) => {
        const [x, logDet] = bijector.inverseAndLogDet(inside)
        const atBase = base.logProb(x)
        const logProb = tf.add(atBase, sumEvent(logDet, extra))
        // On the edge of the codomain the preimage is infinite, and −∞ may meet +∞: the density's limit there is that
        // of the base at infinity, 0.
        const infinite = overEvent(tf.any, tf.isInf(x), baseRank)
        const nowhere = tf.logicalOr(infinite, tf.equal(atBase, -Infinity))
        return tf.where(nowhere, tf.fill(atBase.shape, -Infinity), logProb)
      }),
    sampleFrom: (noise) => bijector.forward(base.sampleFrom(noise)),
    sampleAndLogProbFrom: (noise) => {
      const [x, logProb] = base.sampleAndLogProbFrom(noise)
      const [y, logDet] = bijector.forwardAndLogDet(x)
      return [y, tf.sub(logProb, sumEvent(logDet, extra))]
    },
    ...(baseRank === 0 && throughMonotone(base, bijector)),
  }
  const support = isSubset(bijector.domain, base.support)
    ? codomain
    : image(base.support, baseRank, of.eventShape.length, bijector)
  return makeDistribution({ ...of, support, batchShape }, methods)
}

/** The batch of a conditional distribution is that of its context, beside the base's own. */
const batchOf = (of: DistributionSignature, base: Distribution, site?: Site): Shape =>
  of.contextShape && site?.context
    ? numbers.broadcastShapes(
        of.name,
        base.batchShape,
        batchPart(site.context.shape, of.contextShape.length),
      )
    : base.batchShape

/**
 * The pushforward of a distribution by a bijector: draws of `base`, sent through `bijector.forward`.
 *
 * **Details**
 *
 * - Density: `log p(y) = log p_base(f⁻¹(y)) + log |det ∂f⁻¹/∂y|`; −∞ outside the codomain
 * - Draws with their density cost one forward pass: `log p_base(x) − log |det ∂f/∂x|`
 * - `cdf`, `quantile` (and `logCdf` when the bijector is increasing) from the base's, for single numbers
 * - Shapes: the bijector's event may have fewer axes than the base's: log-dets are summed over the others. Batch: the
 *   base's, together with that of the context
 * - With a recipe on either side the result is a recipe: parameters are filed under `base` and `bijector`, context and
 *   mode reach both
 * - Throws: `CompositionError` when event shapes, context shapes, or the base's support and the bijector's domain disagree
 *
 * **Example** (The log-normal distribution)
 *
 * ```ts
 * import { exp } from "@pushforward/bijectors"
 * import { normal, transformed } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const logNormal = transformed(normal(), exp())
 * logNormal.logProb(tf.tensor1d([1, -1])).arraySync() // => [-0.9189385175704956, -Infinity]
 * ```
 *
 * @category combinators
 */
export function transformed(base: Distribution, bijector: Bijector): Distribution
export function transformed(base: DistributionLayer, bijector: Layer): ParametricDistribution
export function transformed(base: DistributionLayer, bijector: Layer): DistributionLayer {
  const of = transformedSignature(base, bijector)
  if (!isParametricDistribution(base) && !isParametric(bijector)) {
    return finished(of, base, bijector, base.batchShape)
  }
  return {
    ...of,
    init: (key): Params => ({
      ...(isParametricDistribution(base) && { base: base.init(foldKey(key, "base")) }),
      ...(isParametric(bijector) && { bijector: bijector.init(foldKey(key, "bijector")) }),
    }),
    build: (params, site) => {
      const builtBase = isParametricDistribution(base)
        ? base.build(childParams(params, "base"), childSite(site, "base"))
        : base
      const builtBijector = isParametric(bijector)
        ? bijector.build(childParams(params, "bijector"), childSite(site, "bijector"))
        : bijector
      return finished(of, builtBase, builtBijector, batchOf(of, builtBase, site))
    },
  }
}

/**
 * `{ "_tag": "transformed", "base": {...}, "bijector": {...} }`: see {@link transformed}. Without `base`, the standard
 * normal of the event that the bijector takes.
 */
export const transformedPlugin = /* @__PURE__ */ makePlugin(distributionKind, "transformed", {
  description:
    "The pushforward of a base distribution by a bijector: log p(y) = log p_base(f⁻¹(y)) + log |det ∂f⁻¹/∂y|",
  fields: {
    base: /* @__PURE__ */ (() => Schema.optionalKey(nestedSpec(distributionKind)))(),
    bijector: /* @__PURE__ */ (() => nestedSpec(bijectorKind))(),
  },
  examples: [
    {
      spec: {
        _tag: "transformed",
        base: { _tag: "normal", loc: 0.5, scale: 0.8 },
        bijector: { _tag: "exp" },
      },
      eventShape: [],
    },
    {
      spec: {
        _tag: "transformed",
        base: { _tag: "uniform" },
        bijector: { _tag: "invert", bijector: { _tag: "normal-cdf" } },
      },
      eventShape: [],
    },
    {
      spec: { _tag: "transformed", bijector: { _tag: "affine", shift: [1, -1], scale: [2, 0.5] } },
      eventShape: [2],
    },
    {
      spec: {
        _tag: "transformed",
        base: { _tag: "multivariate-normal" },
        bijector: { _tag: "chain", layers: [{ _tag: "scale-tril" }, { _tag: "sigmoid" }] },
      },
      eventShape: [2],
    },
  ],
  compile: ({ base, bijector }, site) =>
    Result.flatMap(site.child(bijectorKind, bijector, "bijector"), (layer) => {
      const eventShape = shapeAcross(layer.eventRankOut, layer.inverseEventShape)(site.eventShape)
      return Result.map(
        base === undefined
          ? Result.succeed(standardNormal(eventShape))
          : site.child(distributionKind, base, "base", eventShape),
        (distribution) => transformed(distribution, layer),
      )
    }),
})
