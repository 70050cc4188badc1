import { type HostNumbers, numbers } from "@pushforward/bijectors"
import {
  type Constraint,
  constraints,
  makePlugin,
  type Shape,
  sizeOf,
  uniformValues,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { type Distribution, distributionKind, makeDistribution } from "./Distribution.ts"
import { uniformNoise } from "./internal/noise.ts"

/** What {@link uniform} takes. */
export interface UniformOptions {
  /** Default 0. */
  readonly low?: HostNumbers
  /** Default 1; above `low`. */
  readonly high?: HostNumbers
}

const at = (values: HostNumbers, i: number): number =>
  typeof values === "number" ? values : values[values.length === 1 ? 0 : i % values.length]!

/** One interval for all, or one for each element of the last axis. */
const intervals = (low: HostNumbers, high: HostNumbers, batchShape: Shape): Constraint => {
  if (batchShape.length === 0) return constraints.interval(at(low, 0), at(high, 0))
  const hull = constraints.interval(
    Math.min(...numbers.valuesOf(low)),
    Math.max(...numbers.valuesOf(high)),
  )
  return {
    ...hull,
    name: `intervals(${numbers.valuesOf(low).join(", ")}; ${numbers.valuesOf(high).join(", ")})`,
    elementwise: false,
    within: [hull],
    contains: (x) =>
      tf.logicalAnd(
        tf.greaterEqual(x, numbers.operand(low)),
        tf.lessEqual(x, numbers.operand(high)),
      ),
    draw: (key, shape) =>
      uniformValues(key, sizeOf(shape)).map(
        (u, i) => at(low, i) + (at(high, i) - at(low, i)) * (0.02 + 0.96 * u),
      ),
  }
}

/** A function of both ends, element by element, on the host in float64. */
const zip = (
  low: HostNumbers,
  high: HostNumbers,
  size: number,
  f: (low: number, high: number) => number,
): HostNumbers =>
  typeof low === "number" && typeof high === "number"
    ? f(low, high)
    : Float64Array.from({ length: size }, (_, i) => f(at(low, i), at(high, i)))

/**
 * The uniform distribution between two numbers, ends included.
 *
 * **Details**
 *
 * - Density: `log p(x) = −log(high − low)` from `low` to `high`, −∞ elsewhere
 * - Shapes: event `[]`, batch: `low` and `high` broadcast
 * - Throws: `RangeError` unless `low < high`
 *
 * **Example** (Inside and outside)
 *
 * ```ts
 * import { uniform } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * uniform({ low: 2, high: 3 }).logProb(tf.tensor1d([2.5, 4])).arraySync() // => [0, -Infinity]
 * ```
 *
 * @category constructors
 */
export const uniform = ({ low = 0, high = 1 }: UniformOptions = {}): Distribution => {
  const batchShape = numbers.broadcastShapes("uniform", numbers.shapeOf(low), numbers.shapeOf(high))
  const size = sizeOf(batchShape)
  for (let i = 0; i < size; i++) {
    if (!(at(low, i) < at(high, i)) || !Number.isFinite(at(high, i) - at(low, i))) {
      throw new RangeError(
        `uniform: expected finite numbers with low < high, got low = ${at(low, i)}, high = ${at(high, i)}. Swap them.`,
      )
    }
  }
  const support = intervals(low, high, batchShape)
  const width = zip(low, high, size, (a, b) => b - a)
  const inBatch = (value: HostNumbers): tf.Tensor =>
    tf.add(tf.zeros([...batchShape]), numbers.operand(value))
  const logWidth = numbers.mapNumbers(width, Math.log, tf.log)
  // Rounding must not put a draw above `high`.
  const place = (u: tf.Tensor): tf.Tensor =>
    tf.minimum(
      tf.add(tf.mul(u, numbers.operand(width)), numbers.operand(low)),
      numbers.operand(high),
    )
  const share = (x: tf.Tensor): tf.Tensor =>
    tf.div(tf.sub(x, numbers.operand(low)), numbers.operand(width))
  return makeDistribution(
    { name: "uniform", eventShape: [], batchShape, support, noise: uniformNoise([]) },
    {
      logProb: (x) => {
        const inside = support.contains(x)
        // Zero inside, with a gradient of zero; NaN for NaN.
        const flat = tf.mul(tf.clipByValue(x, support.bounds.low, support.bounds.high), 0)
        const outside = tf.where(tf.isNaN(x), tf.fill(x.shape, NaN), tf.fill(x.shape, -Infinity))
        return tf.where(inside, tf.sub(flat, numbers.operand(logWidth)), outside)
      },
      sampleFrom: place,
      sampleAndLogProbFrom: (u) => [place(u), tf.sub(tf.zeros(u.shape), numbers.operand(logWidth))],
      mean: () => inBatch(zip(low, high, size, (a, b) => (a + b) / 2)),
      variance: () => inBatch(zip(low, high, size, (a, b) => (b - a) ** 2 / 12)),
      entropy: () => inBatch(logWidth as HostNumbers),
      cdf: (x) => tf.clipByValue(share(x), 0, 1),
      logCdf: (x) => tf.log(tf.clipByValue(share(x), 0, 1)),
      quantile: (p) =>
        tf.where(
          tf.logicalAnd(tf.greaterEqual(p, 0), tf.lessEqual(p, 1)),
          place(p),
          tf.fill(p.shape, NaN),
        ),
    },
  )
}

const numberOrVector = /* @__PURE__ */ (() =>
  Schema.optionalKey(Schema.Union([Schema.Finite, Schema.Array(Schema.Finite)])))()

/** `{ "_tag": "uniform", "low": 0, "high": 1 }`, both optional: see {@link uniform}. */
export const uniformPlugin = /* @__PURE__ */ makePlugin(distributionKind, "uniform", {
  description: "The uniform distribution: log p(x) = −log(high − low) from low to high",
  fields: { low: numberOrVector, high: numberOrVector },
  examples: [{ spec: { _tag: "uniform", low: -1, high: 3 }, eventShape: [] }],
  compile: ({ low = 0, high = 1 }) => Result.succeed(uniform({ low, high })),
})
