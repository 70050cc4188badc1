import { sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { compare, worstOf } from "../internal/compare.ts"
import type { Measurement } from "../Law.ts"
import { column } from "./density.ts"
import {
  buildDistribution,
  type DistributionLaw,
  drawKey,
  drawMany,
} from "./DistributionSubject.ts"

const count = 4000

/**
 * Mean, variance and entropy, where they have a closed form, are those of the draws, within five standard errors: a right
 * distribution fails one case in a million.
 */
export const moments: DistributionLaw = {
  name: "moments",
  grade: "required",
  statement: "mean, variance and entropy are those of the draws (five standard errors)",
  applies: ({ has }) => has.has("mean") || has.has("variance") || has.has("entropy"),
  most: 3,
  call: `tf.moments(distribution.sample(key, [4000]), 0).mean.print() // expected: near\ndistribution.mean?.().print()`,
  check: ({ layer, batchShape, has }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const values = drawMany(distribution, sample, count)
    const size = sizeOf([...batchShape, ...layer.eventShape])
    const columns = Array.from({ length: size }, (_, i) => column(values, size, i))
    const average = (xs: ArrayLike<number>): number =>
      Array.from(xs).reduce((s, x) => s + x, 0) / xs.length
    const stats = columns.map((xs) => {
      const mean = average(xs)
      const centred = Float64Array.from(xs, (x) => x - mean)
      const variance = average(centred.map((x) => x * x))
      const fourth = average(centred.map((x) => x ** 4))
      return {
        mean,
        variance,
        meanError: Math.sqrt(variance / count),
        varianceError: Math.sqrt(Math.max(0, fourth - variance * variance) / count),
      }
    })
    const found: Array<Measurement> = []
    const judge = (
      what: string,
      declared: tf.Tensor,
      drawn: ReadonlyArray<number>,
      errors: ReadonlyArray<number>,
    ): void => {
      const numbers = declared.dataSync<"float32">()
      // Rounding of the declared number, for draws that hardly vary.
      const allowance = (i: number): number =>
        5 * errors[i]! + 1e-5 * Math.max(1, Math.abs(drawn[i]!))
      found.push(compare(numbers, drawn, allowance, what))
    }
    if (has.has("mean")) {
      judge(
        "mean",
        distribution.mean!(),
        stats.map((s) => s.mean),
        stats.map((s) => s.meanError),
      )
    }
    if (has.has("variance")) {
      judge(
        "variance",
        distribution.variance!(),
        stats.map((s) => s.variance),
        stats.map((s) => s.varianceError),
      )
    }
    if (has.has("entropy")) {
      const batch = sizeOf(batchShape)
      const [, logProb] = distribution.sampleAndLogProb(drawKey(sample), [count])
      const scores = Float32Array.from(logProb.dataSync<"float32">())
      const each = Array.from({ length: batch }, (_, i) => column(scores, batch, i))
      const means = each.map((xs) => -average(xs))
      const errors = each.map((xs, i) =>
        Math.sqrt(average(Float64Array.from(xs, (x) => (x + means[i]!) ** 2)) / count),
      )
      judge("entropy", distribution.entropy!(), means, errors)
    }
    return worstOf(found)
  },
}
