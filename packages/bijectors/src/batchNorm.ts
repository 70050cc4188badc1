import {
  bijectorKind,
  constraints,
  makeBijector,
  makePlugin,
  type ParametricBijector,
  type Shape,
  constantLogDet,
  batchPart,
  signature,
  sizeOf,
  state,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"

/** What {@link batchNorm} takes. */
export interface BatchNormOptions {
  /** The share of the old running statistics that a step keeps, once enough steps are done. Default 0.99. */
  readonly momentum?: number
  /** Added to variances. Default 1e-5. */
  readonly epsilon?: number
}

/**
 * Batch normalisation as a bijector: whitens each element on the way from data to base.
 *
 * **Details**
 *
 * - Inverse: `x = (y − m)/√(v + ε) · e^γ + β`; log-det: `Σ (γ − ½ log(v + ε))`
 * - Forward: `y = (x − β) e^−γ √(v + ε) + m`; log-det: `−Σ (γ − ½ log(v + ε))`
 * - `m`, `v`: the running statistics; but in mode `"train"` the inverse takes mean and variance of the batch at hand (its
 *   first axes together) and reports the running ones after it. Gradients flow through the batch's statistics
 * - Running statistics move by `max(1 − momentum, 1/(n + 1))` at step `n`: plain averages at first, no start-up bias
 * - Trained: `beta`, `gamma`; state: `mean`, `variance`, `steps`
 * - Shapes: `y: [...batch, ...event]` to `x: [...batch, ...event]`, `logDet: [...batch]`
 * - Throws: `RangeError` for a momentum outside 0 to 1 or an epsilon that is not positive
 * - Source: Papamakarios, Pavlakou and Murray, "Masked autoregressive flow for density estimation", arXiv:1705.07057,
 *   eqs. (19)–(22)
 *
 * **Gotchas**
 *
 * With the batch's statistics a row's log-det depends on the other rows, and a batch of one row has no variance: then,
 * and without a batch axis, the running statistics serve and nothing is reported. `forward` undoes `inverse` in mode
 * `"eval"` only.
 *
 * **Example** (Running statistics of mean 0 and variance 1 at first)
 *
 * ```ts
 * import { batchNorm } from "@pushforward/bijectors"
 * import { instantiate, makeKey } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = batchNorm([1])
 * const data = tf.tensor2d([[10], [14]])
 * const training = instantiate(recipe, recipe.init(makeKey(0)), { mode: "train" })
 * Array.from(training.inverse(data).dataSync(), Math.round) // => [-1, 1]
 * ```
 *
 * @category constructors
 */
export const batchNorm = (
  eventShape: Shape,
  { momentum = 0.99, epsilon = 1e-5 }: BatchNormOptions = {},
): ParametricBijector => {
  if (!(momentum >= 0 && momentum < 1)) {
    throw new RangeError(
      `batch-norm: expected a momentum from 0 to below 1, got ${momentum}. Use 0.9 or 0.99.`,
    )
  }
  if (!(epsilon > 0)) {
    throw new RangeError(`batch-norm: expected a positive epsilon, got ${epsilon}. Use 1e-5.`)
  }
  const rank = eventShape.length
  const of = signature({
    name: "batch-norm",
    eventShapeIn: eventShape,
    increasing: true,
    jacobian: { kind: "diagonal" },
  })
  return {
    ...of,
    init: () => ({
      beta: trainable(eventShape, 0),
      gamma: trainable(eventShape, 0),
      mean: state(eventShape, 0, constraints.real),
      variance: state(eventShape, 1, constraints.positive),
      steps: state([], 0, constraints.nonNegative),
    }),
    build: (params, site) => {
      const leaf = (name: string): tf.Tensor => params[name] as tf.Tensor
      const running = { mean: leaf("mean"), variance: leaf("variance") }
      const logScale = (variance: tf.Tensor): tf.Tensor =>
        tf.sub(leaf("gamma"), tf.mul(0.5, tf.log(tf.add(variance, epsilon))))
      const normalise = (
        y: tf.Tensor,
        { mean, variance }: typeof running,
      ): readonly [tf.Tensor, tf.Tensor] => {
        const s = logScale(variance)
        const x = tf.add(tf.mul(tf.sub(y, mean), tf.exp(s)), leaf("beta"))
        return [x, constantLogDet(y, rank, tf.sum(s))]
      }
      const ofBatch = (y: tf.Tensor): typeof running => {
        const axes = batchPart(y.shape, rank).map((_, i) => i)
        const mean = tf.mean(y, axes)
        const variance = tf.mean(tf.square(tf.sub(y, mean)), axes)
        const weight = tf.maximum(1 - momentum, tf.reciprocal(tf.add(leaf("steps"), 1)))
        const moved = (from: tf.Tensor, to: tf.Tensor): tf.Tensor =>
          tf.add(from, tf.mul(tf.sub(to, from), weight))
        site?.report?.(["mean"], moved(running.mean, mean))
        site?.report?.(["variance"], moved(running.variance, variance))
        site?.report?.(["steps"], tf.add(leaf("steps"), 1))
        return { mean, variance }
      }
      return makeBijector(of, {
        forwardAndLogDet: (x) => {
          const s = logScale(running.variance)
          const y = tf.add(tf.mul(tf.sub(x, leaf("beta")), tf.exp(tf.neg(s))), running.mean)
          return [y, tf.neg(constantLogDet(x, rank, tf.sum(s)))]
        },
        inverseAndLogDet: (y) =>
          normalise(
            y,
            site?.mode === "train" && sizeOf(batchPart(y.shape, rank)) > 1 ? ofBatch(y) : running,
          ),
      })
    },
  }
}

/** `{ "_tag": "batch-norm", "momentum": 0.99, "epsilon": 1e-5 }`, both optional: see {@link batchNorm}. */
export const batchNormPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "batch-norm", {
  description:
    "Batch normalisation with trained β and γ; data to base: x = (y − m)/√(v + ε)·e^γ + β",
  fields: {
    momentum: /* @__PURE__ */ (() => Schema.optionalKey(Schema.Finite))(),
    epsilon: /* @__PURE__ */ (() => Schema.optionalKey(Schema.Finite))(),
  },
  examples: [
    { spec: { _tag: "batch-norm" }, eventShape: [3] },
    { spec: { _tag: "batch-norm", momentum: 0.9, epsilon: 1e-3 }, eventShape: [2, 2] },
  ],
  compile: ({ momentum, epsilon }, site) =>
    Result.succeed(
      batchNorm(site.eventShape, {
        ...(momentum !== undefined && { momentum }),
        ...(epsilon !== undefined && { epsilon }),
      }),
    ),
})
