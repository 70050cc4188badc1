import * as tf from "@tensorflow/tfjs-core"
import { sizeOf } from "@pushforward/core"
import { compare, rounding, violations, worstOf } from "../internal/compare.ts"
import type { Measurement } from "../Law.ts"
import { buildDistribution, type DistributionLaw, drawMany } from "./DistributionSubject.ts"

/** Probabilities on a grid, the tails included. */
const levels = Float32Array.from([1e-4, 1e-2, 0.05, 0.2, 0.4, 0.5, 0.6, 0.8, 0.95, 0.99, 0.9999])

/** A column of numbers for each batch element: `[n, ...batch]`. */
const inBatch = (values: Float32Array, batch: ReadonlyArray<number>): tf.Tensor =>
  tf.tile(tf.reshape(tf.tensor1d(values), [-1, ...batch.map(() => 1)]), [1, ...batch])

/**
 * `cdf` and `quantile` undo each other, and rise from 0 to 1. The tolerance of `quantile(cdf(x))` grows with
 * `1/density`, which amplifies the rounding of a probability near one.
 */
export const cdfQuantile: DistributionLaw = {
  name: "cdf-quantile",
  grade: "required",
  statement: "cdf rises from 0 to 1; quantile(cdf(x)) = x and cdf(quantile(p)) = p",
  applies: ({ has, layer }) => has.has("cdf") && layer.eventShape.length === 0,
  call: `const x = distribution.sample(key, [5])\ndistribution.quantile?.(distribution.cdf!(x)).print() // expected:\nx.print()`,
  check: ({ layer, has, batchShape }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const size = sizeOf(batchShape)
    const drawn = drawMany(distribution, sample, 64)
    const x = tf.tensor(drawn, [64, ...batchShape], "float32")
    const p = distribution.cdf!(x).dataSync<"float32">()
    const density = tf.exp(distribution.logProb(x)).dataSync<"float32">()
    const found: Array<Measurement> = []
    const disorder: Array<string> = []
    for (let b = 0; b < size; b++) {
      const order = Array.from({ length: 64 }, (_, i) => i * size + b).toSorted(
        (i, j) => drawn[i]! - drawn[j]!,
      )
      order.forEach((at, k) => {
        if (!(p[at]! >= 0 && p[at]! <= 1)) disorder.push(`cdf is ${p[at]} at ${drawn[at]}`)
        if (k > 0 && p[at]! < p[order[k - 1]!]!) disorder.push(`cdf falls at ${drawn[at]}`)
      })
    }
    found.push(violations(disorder))
    if (has.has("quantile")) {
      const back = distribution.quantile!(distribution.cdf!(x)).dataSync<"float32">()
      found.push(
        compare(
          back,
          drawn,
          (i) => {
            const added = rounding / density[i]!
            const magnitude = Math.max(1, Math.abs(drawn[i]!))
            return added < 0.1 * magnitude ? 1e-4 * magnitude + added : Number.NaN
          },
          "quantile(cdf(x))",
        ),
      )
      const at = distribution.quantile!(inBatch(levels, batchShape))
      const points = at.dataSync<"float32">()
      const slope = tf.exp(distribution.logProb(at)).dataSync<"float32">()
      const again = distribution.cdf!(at).dataSync<"float32">()
      const expected = Float32Array.from(points, (_, i) => levels[Math.floor(i / size)]!)
      found.push(
        compare(
          again,
          expected,
          (i) => 1e-4 + rounding * slope[i]! * (1 + Math.abs(points[i]!)),
          "cdf(quantile(p))",
        ),
        violations(
          Array.from(points).flatMap((v, i) =>
            i >= size && v < points[i - size]! ? [`quantile falls at ${expected[i]}`] : [],
          ),
        ),
      )
    }
    return worstOf(found)
  },
}
