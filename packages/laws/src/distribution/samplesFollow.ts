import { sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { worstOf } from "../internal/compare.ts"
import type { Measurement } from "../Law.ts"
import { column, densityGrid, type Grid, marginalCdf } from "./density.ts"
import { buildDistribution, type DistributionLaw, drawMany } from "./DistributionSubject.ts"
import { isFinite, isSmall } from "./integratesToOne.ts"

const count = 4000

/** `√n D` exceeds this with probability 1e-6 (Kolmogorov's tail `2 exp(−2t²)`). */
const critical = Math.sqrt(Math.log(2 / 1e-6) / 2)

/** Kolmogorov and Smirnov's statistic `√n · sup |F_n − F|` of numbers against the uniform distribution. */
const kolmogorovSmirnov = (uniforms: Float64Array): number => {
  const sorted = uniforms.toSorted()
  const n = sorted.length
  return (
    Math.sqrt(n) * sorted.reduce((worst, u, i) => Math.max(worst, (i + 1) / n - u, u - i / n), 0)
  )
}

/** `√n · sup |F_n − F|` of draws of finitely many values, all of them put in a row. The tail is Kolmogorov's at most. */
const jointDistance = ({ rules, mass }: Grid, values: Float32Array): number => {
  const d = rules.length
  const frequency = new Float64Array(mass.length)
  for (let k = 0; k * d < values.length; k++) {
    const cell = rules.reduce(
      (at, { points }, i) => at * points.length + points.indexOf(values[k * d + i]!),
      0,
    )
    frequency[cell]! += d / values.length
  }
  let [worst, difference] = [0, 0]
  mass.forEach((m, k) => {
    difference += frequency[k]! - m
    worst = Math.max(worst, Math.abs(difference))
  })
  return Math.sqrt(values.length / d) * worst
}

/**
 * Draws follow the density: every marginal, against the distribution's own cdf where it has one, else against the
 * density summed up by quadrature; where the values are finitely many, all of them together. A right distribution fails one case in a million.
 */
export const samplesFollow: DistributionLaw = {
  name: "samples-follow-density",
  grade: "required",
  statement: "draws follow the density (Kolmogorov-Smirnov, error rate 1e-6 a marginal)",
  applies: (subject) =>
    isSmall(subject) ||
    isFinite(subject) ||
    (subject.has.has("cdf") && subject.layer.eventShape.length === 0),
  most: 3,
  call: `distribution.sample(key, [20]).print() // expected: distributed as exp(distribution.logProb(x))`,
  check: (subject, sample) => {
    const { layer, batchShape, has } = subject
    const distribution = buildDistribution(layer, sample)
    const values = drawMany(distribution, sample, count)
    const judge = (uniforms: Float64Array, what: string): Measurement => ({
      measured: kolmogorovSmirnov(uniforms),
      tolerance: critical,
      detail: `${what}: √n D of ${count} draws`,
    })
    if (has.has("cdf") && layer.eventShape.length === 0) {
      const shape = [count, ...batchShape]
      const uniforms = Float32Array.from(
        distribution.cdf!(tf.tensor(values, shape, "float32")).dataSync<"float32">(),
      )
      const size = sizeOf(batchShape)
      return worstOf(
        Array.from({ length: size }, (_, i) =>
          judge(Float64Array.from(column(uniforms, size, i)), "by its cdf"),
        ),
      )
    }
    const grid = densityGrid(distribution, values)
    const d = sizeOf(layer.eventShape)
    if (isFinite(subject)) {
      return {
        measured: jointDistance(grid, values),
        tolerance: critical,
        detail: `all values in a row: √n D of ${count} draws`,
      }
    }
    return worstOf(
      Array.from({ length: d }, (_, i) =>
        judge(Float64Array.from(column(values, d, i), marginalCdf(grid, i)), `element ${i}`),
      ),
    )
  },
}
