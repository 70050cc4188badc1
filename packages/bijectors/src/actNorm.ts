import {
  bijectorKind,
  constantLogDet,
  constraints,
  makeBijector,
  makePlugin,
  type ParametricBijector,
  type Shape,
  signature,
  state,
  trainable,
  withoutGradient,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result } from "effect"
import { batchMoments, rowCount } from "./internal/batchMoments.ts"
import { boundedLogScale } from "./internal/boundedLogScale.ts"

/** Added to the variance of the first batch, so that a constant element is not divided by zero. */
const epsilon = 1e-5

/**
 * Activation normalisation: a trained scale and shift that begin where the first batch is whitened.
 *
 * **When to use**
 *
 * Use between the layers of a deep flow. Unlike {@link batchNorm} it treats every row alike, in training too, and any
 * batch size will do once the first batch is seen.
 *
 * **Details**
 *
 * - Inverse: `x = (y − m)/d · e^α + shift`, with `α = 10 tanh(rawScale/10)`; log-det: `Σ (α − log d)`
 * - Forward: `y = (x − shift) e^−α d + m`; log-det: `−Σ (α − log d)`
 * - `m`, `d`: mean and deviation `√(variance + 10⁻⁵)` of the first batch, per element, as constants that no gradient
 *   passes. They are state: in mode `"train"`, while `initialised` is 0, the inverse takes those of the batch at hand and
 *   reports them with `initialised` 1; from then on they stay. So the data-dependent start is part of the step, and
 *   stacked layers start together, each on what the ones nearer to the data give it
 * - Trained: `shift`, `rawScale`; state: `mean`, `deviation`, `initialised`
 * - Shapes: `y: [...batch, ...event]` to `x: [...batch, ...event]`, `logDet: [...batch]`
 * - Source: Kingma and Dhariwal, "Glow", arXiv:1807.03039, §3.1
 *
 * **Gotchas**
 *
 * A batch of one row has no variance: it is passed through as it is, and the next one counts as the first. For one scale
 * per channel of an image, as in the paper, use `block(actNorm([channels]), 2)`.
 *
 * **Example** (The first batch is whitened)
 *
 * ```ts
 * import { actNorm } from "@pushforward/bijectors"
 * import { instantiate, makeKey } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = actNorm([1])
 * const data = tf.tensor2d([[10], [14]])
 * const training = instantiate(recipe, recipe.init(makeKey(0)), { mode: "train" })
 * Array.from(training.inverse(data).dataSync(), Math.round) // => [-1, 1]
 * ```
 *
 * @category constructors
 */
export const actNorm = (eventShape: Shape): ParametricBijector => {
  const rank = eventShape.length
  const of = signature({
    name: "act-norm",
    eventShapeIn: eventShape,
    increasing: true,
    jacobian: { kind: "diagonal" },
  })
  return {
    ...of,
    init: () => ({
      shift: trainable(eventShape, 0),
      rawScale: trainable(eventShape, 0),
      mean: state(eventShape, 0, constraints.real),
      deviation: state(eventShape, 1, constraints.positive),
      initialised: state([], 0, constraints.boolean),
    }),
    build: (params, site) => {
      const leaf = (name: string): tf.Tensor => params[name] as tf.Tensor
      const known = { mean: leaf("mean"), deviation: leaf("deviation") }
      const firstOf = (y: tf.Tensor): typeof known => {
        const { mean, variance } = batchMoments(withoutGradient(y, tf.clone), rank)
        const initialised = tf.greater(leaf("initialised"), 0)
        const now = {
          mean: tf.where(initialised, known.mean, mean),
          deviation: tf.where(initialised, known.deviation, tf.sqrt(tf.add(variance, epsilon))),
        }
        site?.report?.(["mean"], now.mean)
        site?.report?.(["deviation"], now.deviation)
        site?.report?.(["initialised"], tf.onesLike(leaf("initialised")))
        return now
      }
      const logScale = (deviation: tf.Tensor): tf.Tensor =>
        tf.sub(boundedLogScale(leaf("rawScale")), tf.log(deviation))
      return makeBijector(of, {
        forwardAndLogDet: (x) => {
          const s = logScale(known.deviation)
          const y = tf.add(tf.mul(tf.sub(x, leaf("shift")), tf.exp(tf.neg(s))), known.mean)
          return [y, tf.neg(constantLogDet(x, rank, tf.sum(s)))]
        },
        inverseAndLogDet: (y) => {
          const { mean, deviation } =
            site?.mode === "train" && rowCount(y.shape, rank) > 1 ? firstOf(y) : known
          const s = logScale(deviation)
          const x = tf.add(tf.mul(tf.sub(y, mean), tf.exp(s)), leaf("shift"))
          return [x, constantLogDet(y, rank, tf.sum(s))]
        },
      })
    },
  }
}

/** `{ "_tag": "act-norm" }`: see {@link actNorm}. */
export const actNormPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "act-norm", {
  description:
    "A trained scale and shift that start by whitening the first batch; data to base: x = (y − m)/d·e^α + shift",
  fields: {},
  examples: [{ spec: { _tag: "act-norm" }, eventShape: [3] }],
  compile: (_, site) => Result.succeed(actNorm(site.eventShape)),
})
