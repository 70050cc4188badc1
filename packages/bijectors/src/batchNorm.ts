import {
  bijectorKind,
  type Constraint,
  constraints,
  makeBijector,
  makePlugin,
  type Param,
  type ParametricBijector,
  type Shape,
  constantLogDet,
  signature,
  state,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { batchMoments, type Moments, rowCount } from "./internal/batchMoments.ts"

/** What {@link batchNorm} takes. */
export interface BatchNormOptions {
  /** What evaluation goes by: averages that follow training, or one pass over the training rows. Default `"running"`. */
  readonly statistics?: "running" | "training-set"
  /** The share of the old running statistics that a step keeps, once enough rows are seen. Default 0.99. */
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
 * - `m`, `v`: mean and variance in state; but in mode `"train"` the inverse takes those of the batch at hand (its first axes
 *   together). Gradients flow through the batch's statistics
 * - `"running"`: averages of the batches' means and variances, which mode `"train"` moves by
 *   `w = max(1 − momentum, b/(n + b))` for `b` rows after `n`: plain averages at first, no start-up bias
 * - `"training-set"`, as in the paper: mode `"gather"` moves the mean by `w = b/(n + b)`, and the variance too, plus `w(1 − w)`
 *   times the square of what the batch's mean is off by: one pass over the training rows gives their mean and variance.
 *   `fit` makes that pass before each evaluation, in pieces of some thousand rows; layers further from the data see each
 *   piece whitened by its own statistics
 * - Trained: `beta`, `gamma`; state: `mean`, `variance`, `rows`
 * - Shapes: `y: [...batch, ...event]` to `x: [...batch, ...event]`, `logDet: [...batch]`
 * - Throws: `RangeError` for a momentum outside 0 to 1 or an epsilon that is not positive
 * - Source: Papamakarios, Pavlakou and Murray, "Masked autoregressive flow for density estimation", arXiv:1705.07057,
 *   eqs. (19)–(22)
 *
 * **Gotchas**
 *
 * With the batch's statistics a row's log-det depends on the other rows, and a batch of one row has no variance: then,
 * and without a batch axis, the statistics in state serve and nothing is reported. `forward` undoes `inverse` in mode
 * `"eval"` only.
 *
 * **Example** (Statistics of mean 0 and variance 1 at first)
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
  { statistics = "running", momentum = 0.99, epsilon = 1e-5 }: BatchNormOptions = {},
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
  const gathers = statistics === "training-set"
  const [moving, leastWeight] = gathers ? ["gather", 0] : ["train", 1 - momentum]
  const of = signature({
    name: "batch-norm",
    eventShapeIn: eventShape,
    increasing: true,
    jacobian: { kind: "diagonal" },
  })
  const statistic = (shape: Shape, value: number, constraint: Constraint): Param => ({
    ...state(shape, value, constraint),
    ...(gathers && { gathered: true }),
  })
  return {
    ...of,
    init: () => ({
      beta: trainable(eventShape, 0),
      gamma: trainable(eventShape, 0),
      mean: statistic(eventShape, 0, constraints.real),
      variance: statistic(eventShape, 1, constraints.positive),
      rows: statistic([], 0, constraints.nonNegative),
    }),
    build: (params, site) => {
      const leaf = (name: string): tf.Tensor => params[name] as tf.Tensor
      const known: Moments = { mean: leaf("mean"), variance: leaf("variance") }
      const logScale = (variance: tf.Tensor): tf.Tensor =>
        tf.sub(leaf("gamma"), tf.mul(0.5, tf.log(tf.add(variance, epsilon))))
      /** Adds `count` rows with these moments to those seen. */
      const see = ({ mean, variance }: Moments, count: number): void => {
        const rows = tf.add(leaf("rows"), count)
        const weight = tf.maximum(leastWeight, tf.div(count, rows))
        const off = tf.sub(mean, known.mean)
        const step = tf.mul(off, weight)
        const moved = tf.add(known.variance, tf.mul(tf.sub(variance, known.variance), weight))
        site?.report?.(["mean"], tf.add(known.mean, step))
        // The variance of parts together is more than the average of theirs: their means differ.
        const whole = gathers ? tf.add(moved, tf.mul(step, tf.sub(off, step))) : moved
        site?.report?.(["variance"], whole)
        site?.report?.(["rows"], rows)
      }
      const ofBatch = (y: tf.Tensor): Moments => {
        const moments = batchMoments(y, rank)
        if (site?.mode === moving) see(moments, rowCount(y.shape, rank))
        return moments
      }
      const byBatch = site?.mode === "train" || site?.mode === moving
      return makeBijector(of, {
        forwardAndLogDet: (x) => {
          const s = logScale(known.variance)
          const y = tf.add(tf.mul(tf.sub(x, leaf("beta")), tf.exp(tf.neg(s))), known.mean)
          return [y, tf.neg(constantLogDet(x, rank, tf.sum(s)))]
        },
        inverseAndLogDet: (y) => {
          const { mean, variance } = byBatch && rowCount(y.shape, rank) > 1 ? ofBatch(y) : known
          const s = logScale(variance)
          const x = tf.add(tf.mul(tf.sub(y, mean), tf.exp(s)), leaf("beta"))
          return [x, constantLogDet(y, rank, tf.sum(s))]
        },
      })
    },
  }
}

/**
 * `{ "_tag": "batch-norm", "statistics": "training-set", "momentum": 0.99, "epsilon": 1e-5 }`, all optional: see
 * {@link batchNorm}.
 */
export const batchNormPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "batch-norm", {
  description:
    "Batch normalisation with trained β and γ; data to base: x = (y − m)/√(v + ε)·e^γ + β",
  fields: {
    statistics: /* @__PURE__ */ (() =>
      Schema.optionalKey(Schema.Literals(["running", "training-set"])))(),
    momentum: /* @__PURE__ */ (() => Schema.optionalKey(Schema.Finite))(),
    epsilon: /* @__PURE__ */ (() => Schema.optionalKey(Schema.Finite))(),
  },
  examples: [
    { spec: { _tag: "batch-norm" }, eventShape: [3] },
    { spec: { _tag: "batch-norm", momentum: 0.9, epsilon: 1e-3 }, eventShape: [2, 2] },
    { spec: { _tag: "batch-norm", statistics: "training-set" }, eventShape: [2] },
  ],
  compile: (spec, site) => Result.succeed(batchNorm(site.eventShape, spec)),
})
