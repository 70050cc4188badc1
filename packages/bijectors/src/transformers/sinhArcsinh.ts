import {
  constraints,
  makeBijector,
  makePlugin,
  signature,
  type Transformer,
  transformerKind,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { boundedLogScale } from "../internal/boundedLogScale.ts"

/** What {@link sinhArcsinh} takes. */
export interface SinhArcsinhOptions {
  /** The largest `|ε|`. Default 3. */
  readonly maxSkewness?: number
  /** The largest `|log δ|`. Default 1. */
  readonly maxLogTailweight?: number
}

/**
 * The sinh-arcsinh transformation: a skewness and a weight of the tails for each dimension.
 *
 * **When to use**
 *
 * Use in `elementwise`, next to the base, for data that are nearly Gaussian: two numbers a column for what a shift and a
 * scale cannot say.
 *
 * **Details**
 *
 * - Parameters: `skewness: []` gives `ε = m tanh(skewness/m)` with `m = maxSkewness`, above 0 for a longer upper tail, and
 *   `logTailweight: []` gives `log δ` with `maxLogTailweight` alike, above 0 for heavier tails; the identity at zero
 * - Forward: `y = sinh t` with `t = (a + ε) δ`, `a = asinh x`; log-det: `log δ + log cosh t − log cosh a`
 * - Inverse: `x = sinh(asinh(y)/δ − ε)`; log-det: the negative at `x`
 * - Shapes: elementwise, `x: [...batch, d]` to `y, logDet: [...batch, d]`
 * - Throws: `RangeError` for a bound that is not positive
 * - Source: Jones and Pewsey, "Sinh-arcsinh distributions", Biometrika 96 (2009); `ε` and `δ` as in TensorFlow Probability
 *
 * **Gotchas**
 *
 * With tails much lighter than the base's an outlier is as good as impossible: at `log δ = −1`, a normal base scores a row ten
 * deviations out by −1.5 · 10⁶ nats. A smaller `maxLogTailweight` guards against it.
 *
 * **Example** (The upper tail of a symmetric pair is longer)
 *
 * ```ts
 * import { sinhArcsinh } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const raw = { skewness: tf.scalar(0.5), logTailweight: tf.scalar(0) }
 * const [low, high] = sinhArcsinh().build(raw).forward(tf.tensor1d([-2, 2])).dataSync()
 * high! > -low! // => true
 * ```
 *
 * @category constructors
 */
export const sinhArcsinh = ({
  maxSkewness = 3,
  maxLogTailweight = 1,
}: SinhArcsinhOptions = {}): Transformer => {
  for (const [name, bound] of Object.entries({ maxSkewness, maxLogTailweight })) {
    if (!(bound > 0)) {
      throw new RangeError(`sinh-arcsinh: expected a positive ${name}, got ${bound}. Use 1.`)
    }
  }
  const of = signature({ name: "sinh-arcsinh", increasing: true })
  return {
    name: "sinh-arcsinh",
    parameters: { skewness: [], logTailweight: [] },
    domain: constraints.real,
    codomain: constraints.real,
    increasing: true,
    build: (raw) => {
      const { skewness, logTailweight } = raw as { skewness: tf.Tensor; logTailweight: tf.Tensor }
      const epsilon = boundedLogScale(skewness, maxSkewness)
      const logDelta = boundedLogScale(logTailweight, maxLogTailweight)
      // log cosh t − log cosh a, without cosh, which overflows.
      const logDet = (a: tf.Tensor, t: tf.Tensor): tf.Tensor =>
        tf.add(
          logDelta,
          tf.add(tf.sub(t, a), tf.sub(tf.softplus(tf.mul(-2, t)), tf.softplus(tf.mul(-2, a)))),
        )
      return makeBijector(of, {
        forwardAndLogDet: (x) => {
          const a = tf.asinh(x)
          const t = tf.mul(tf.add(a, epsilon), tf.exp(logDelta))
          return [tf.sinh(t), logDet(a, t)]
        },
        inverseAndLogDet: (y) => {
          const t = tf.asinh(y)
          const a = tf.sub(tf.mul(t, tf.exp(tf.neg(logDelta))), epsilon)
          return [tf.sinh(a), tf.neg(logDet(a, t))]
        },
      })
    },
  }
}

const positive = /* @__PURE__ */ (() =>
  Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))))()

/** `{ "_tag": "sinh-arcsinh", "maxLogTailweight": 0.5 }`: see {@link sinhArcsinh}. */
export const sinhArcsinhPlugin = /* @__PURE__ */ makePlugin(transformerKind, "sinh-arcsinh", {
  description: "A skewness and a weight of the tails for each dimension: y = sinh((asinh x + ε)·δ)",
  fields: { maxSkewness: positive, maxLogTailweight: positive },
  examples: [
    { spec: { _tag: "sinh-arcsinh" }, eventShape: [3] },
    {
      spec: { _tag: "sinh-arcsinh", maxSkewness: 0.5, maxLogTailweight: 0.25 },
      eventShape: [2, 2],
    },
  ],
  compile: (spec) => Result.succeed(sinhArcsinh(spec)),
})
