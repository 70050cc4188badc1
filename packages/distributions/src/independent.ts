import {
  CompositionError,
  makePlugin,
  nestedSpec,
  type Shape,
  showShape,
  sumEvent,
} from "@pushforward/core"
import { numbers } from "@pushforward/bijectors"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import {
  type Distribution,
  distributionKind,
  type DistributionMethods,
  type DistributionSignature,
  isParametricDistribution,
  makeDistribution,
  type DistributionLayer,
  type ParametricDistribution,
} from "./Distribution.ts"

const independentSignature = (
  inner: DistributionSignature,
  eventAxes: Shape,
): DistributionSignature => ({
  name: `independent(${inner.name})`,
  eventShape: [...eventAxes, ...inner.eventShape],
  support: inner.support,
  ...(inner.contextShape && { contextShape: inner.contextShape }),
  noise: (key, batch) => inner.noise(key, [...batch, ...eventAxes]),
})

const finished = (inner: Distribution, eventAxes: Shape): Distribution => {
  const rank = eventAxes.length
  const shared = numbers.broadcastShapes(inner.name, inner.batchShape, eventAxes)
  const fits = eventAxes.every((n, i) => shared[shared.length - rank + i] === n)
  if (!fits) {
    throw new CompositionError(
      `independent: ${inner.name} has a batch of shape ${showShape(inner.batchShape)}, which does not fit the event ` +
        `axes ${showShape(eventAxes)}. Give it one set of parameters, or one per element.`,
    )
  }
  const batchShape = shared.slice(0, shared.length - rank)
  const whole = [...shared, ...inner.eventShape]
  const spread = (t: tf.Tensor): tf.Tensor => tf.add(tf.zeros(whole), t)
  const { mean, variance, entropy } = inner
  const methods: DistributionMethods = {
    logProb: (x) => sumEvent(inner.logProb(x), rank),
    sampleFrom: inner.sampleFrom,
    sampleAndLogProbFrom: (noise) => {
      const [x, logProb] = inner.sampleAndLogProbFrom(noise)
      return [x, sumEvent(logProb, rank)]
    },
    ...(mean && { mean: () => spread(mean()) }),
    ...(variance && { variance: () => spread(variance()) }),
    ...(entropy && { entropy: () => sumEvent(tf.add(tf.zeros([...shared]), entropy()), rank) }),
  }
  return makeDistribution({ ...independentSignature(inner, eventAxes), batchShape }, methods)
}

/**
 * Moves batch axes into the event: one draw is then all of them together, each by itself.
 *
 * **Details**
 *
 * - Density: `log p(x) = Σᵢ log pᵢ(xᵢ)`
 * - `eventAxes`: their shape; a distribution without these batch axes is repeated along them
 * - Shapes: event `[...eventAxes, ...event]`, batch: what is left
 * - Throws: `CompositionError` when the batch does not fit `eventAxes`
 *
 * **Example** (Two columns, each with its own scale)
 *
 * ```ts
 * import { independent, normal } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const d = independent(normal({ scale: [1, 10] }), [2])
 * d.logProb(tf.tensor2d([[0, 0]])).arraySync() // => [-4.1404624]
 * ```
 *
 * @category combinators
 */
export function independent(distribution: Distribution, eventAxes: Shape): Distribution
export function independent(
  distribution: DistributionLayer,
  eventAxes: Shape,
): ParametricDistribution
export function independent(distribution: DistributionLayer, eventAxes: Shape): DistributionLayer {
  return isParametricDistribution(distribution)
    ? {
        ...independentSignature(distribution, eventAxes),
        init: distribution.init,
        build: (params, site) => finished(distribution.build(params, site), eventAxes),
      }
    : finished(distribution, eventAxes)
}

/** `{ "_tag": "independent", "distribution": {...} }`: see {@link independent}. */
export const independentPlugin = /* @__PURE__ */ makePlugin(distributionKind, "independent", {
  description: "Every element of the first event axes by itself: log p(x) = Σᵢ log pᵢ(xᵢ)",
  fields: {
    distribution: /* @__PURE__ */ (() => nestedSpec(distributionKind))(),
    rank: /* @__PURE__ */ (() =>
      Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))))(),
  },
  examples: [
    {
      spec: {
        _tag: "independent",
        distribution: { _tag: "normal", loc: [1, -1, 0], scale: [0.5, 1, 2] },
      },
      eventShape: [3],
    },
    {
      spec: { _tag: "independent", distribution: { _tag: "uniform", low: -1, high: 2 } },
      eventShape: [2, 2],
    },
  ],
  compile: ({ distribution, rank }, site) => {
    const axes = rank ?? site.eventShape.length
    return Result.map(
      site.child(distributionKind, distribution, "distribution", site.eventShape.slice(axes)),
      (inner) => independent(inner, site.eventShape.slice(0, axes)),
    )
  },
})
