import { type Shape, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { compare, violations, worstOf } from "../internal/compare.ts"
import { scoped } from "../internal/scoped.ts"
import type { Input } from "../judge/Judge.ts"
import { sideBySide } from "../judge/inEachPrecision.ts"
import type { Measurement } from "../Law.ts"
import {
  buildDistribution,
  type DistributionProgram,
  drawMany,
  runDistribution,
} from "./DistributionSubject.ts"
import type { MeasuringDistributionLaw } from "./measuring.ts"

/** Probabilities on a grid, the tails included. */
const levels = Float32Array.from([1e-4, 1e-2, 0.05, 0.2, 0.4, 0.5, 0.6, 0.8, 0.95, 0.99, 0.9999])

/** Each number for every batch element: `[n, ...batch]`. */
const inBatch = (values: ArrayLike<number>, batch: Shape): Input => {
  const size = sizeOf(batch)
  return {
    shape: [values.length, ...batch],
    values: Array.from({ length: values.length * size }, (_, i) => values[Math.floor(i / size)]!),
  }
}

const cdfAndDensity: DistributionProgram = (distribution, x) => [
  distribution.cdf!(x),
  tf.exp(distribution.logProb(x)),
]

const cdfAndBack: DistributionProgram = (distribution, x) => [
  distribution.quantile!(distribution.cdf!(x)),
]

const quantileAndBack: DistributionProgram = (distribution, p) => {
  const at = distribution.quantile!(p)
  return [at, tf.exp(distribution.logProb(at)), distribution.cdf!(at)]
}

/**
 * `cdf` and `quantile` undo each other, and rise from 0 to 1. The tolerance of `quantile(cdf(x))` grows with
 * `1/density`, which amplifies the rounding of a probability near one.
 */
export const cdfQuantile: MeasuringDistributionLaw = {
  name: "cdf-quantile",
  grade: "required",
  statement: "cdf rises from 0 to 1; quantile(cdf(x)) = x and cdf(quantile(p)) = p",
  applies: ({ has, layer }) => has.has("cdf") && layer.eventShape.length === 0,
  call: sideBySide("distribution", "back", "x", [
    "const x = distribution.sample(key, [5])",
    "const back = distribution.quantile?.(distribution.cdf!(x)) ?? x",
  ]),
  check: (subject, sample, judge) => {
    const { layer, has, batchShape } = subject
    const { tolerance, rounding } = judge
    const size = sizeOf(batchShape)
    const drawn = scoped(() => drawMany(buildDistribution(layer, sample), sample, 64))
    const compute = (program: DistributionProgram, x: Input): ReadonlyArray<Float64Array> =>
      runDistribution(judge, subject, sample, program, [x]).map(({ values }) => values)
    const x = { values: drawn, shape: [64, ...batchShape] }
    const [p, density] = compute(cdfAndDensity, x)
    const found: Array<Measurement> = []
    const disorder: Array<string> = []
    for (let b = 0; b < size; b++) {
      const order = Array.from({ length: 64 }, (_, i) => i * size + b).toSorted(
        (i, j) => drawn[i]! - drawn[j]!,
      )
      order.forEach((at, k) => {
        const here = p![at]!
        if (!(here >= 0 && here <= 1)) disorder.push(`cdf is ${here} at ${drawn[at]}`)
        if (k > 0 && here < p![order[k - 1]!]!) disorder.push(`cdf falls at ${drawn[at]}`)
      })
    }
    found.push(violations(disorder))
    if (has.has("quantile")) {
      const [back] = compute(cdfAndBack, x)
      found.push(
        compare(
          back!,
          drawn,
          (i) => {
            const added = rounding / density![i]!
            const magnitude = Math.max(1, Math.abs(drawn[i]!))
            return added < 1e3 * tolerance * magnitude ? tolerance * magnitude + added : Number.NaN
          },
          "quantile(cdf(x))",
        ),
      )
      const [points, slope, again] = compute(quantileAndBack, inBatch(levels, batchShape))
      const expected = points!.map((_, i) => levels[Math.floor(i / size)]!)
      found.push(
        compare(
          again!,
          expected,
          (i) => tolerance + rounding * slope![i]! * (1 + Math.abs(points![i]!)),
          "cdf(quantile(p))",
        ),
        violations(
          Array.from(points!).flatMap((v, i) =>
            i >= size && v < points![i - size]! ? [`quantile falls at ${expected[i]}`] : [],
          ),
        ),
      )
    }
    return worstOf(found)
  },
}
