import { foldKey, normalValues, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { digits, worstOf } from "../internal/compare.ts"
import type { Measurement } from "../Law.ts"
import { column } from "./density.ts"
import {
  buildDistribution,
  type DistributionLaw,
  drawKey,
  drawMany,
} from "./DistributionSubject.ts"

const count = 4000

/** Where `q` lies and how wide it is, in units of the draws' own spread: the wide one sees small errors. */
const proposals = [
  [0, 0.9],
  [0, 0.6],
  [0.4, 0.6],
] as const

/**
 * `E[q(x)/p(x)] = 1` over draws of `p`, for normal densities `q` inside its bulk: draws and density agree, and the
 * density has the right size, in any number of dimensions. A right distribution stays within five standard errors but
 * for about one case in a million; ratios are heavy-tailed, so cases whose weights sit on few draws are inconclusive.
 */
export const samplesWeighOne: DistributionLaw = {
  name: "samples-weigh-one",
  grade: "required",
  statement: "E[q(x)/p(x)] = 1 over draws of p, for normal densities q (five standard errors)",
  applies: ({ layer, batchShape }) =>
    batchShape.length === 0 && sizeOf(layer.eventShape) <= 6 && layer.support.name === "real",
  most: 3,
  call: `const x = distribution.sample(key, [4000])\ndistribution.logProb(x).print() // E exp(log q(x) − this) = 1 for any density q`,
  check: ({ layer }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const values = drawMany(distribution, sample, count)
    const d = sizeOf(layer.eventShape)
    const score = (x: Float32Array): Float32Array =>
      distribution
        .logProb(tf.tensor(x, [count, ...layer.eventShape], "float32"))
        .dataSync<"float32">()
    const logP = score(values)
    const spread = Array.from({ length: d }, (_, i) => {
      const sorted = column(values, d, i).toSorted()
      const at = (p: number): number => sorted[Math.floor(p * (count - 1))]!
      return { centre: at(0.5), scale: (at(0.84) - at(0.16)) / 2 }
    })
    const noise = normalValues(foldKey(drawKey(sample), "proposal"), count * d)
    return worstOf(
      proposals.map(([shift, relativeWidth]): Measurement => {
        const normals = spread.map(({ centre, scale }) => ({
          mean: centre + shift * scale,
          width: relativeWidth * scale,
        }))
        const average = (x: Float32Array, logs: ArrayLike<number>): number => {
          let sum = 0
          for (let k = 0; k < count; k++) {
            let logQ = 0
            normals.forEach(({ mean, width }, i) => {
              const z = (x[k * d + i]! - mean) / width
              logQ -= (z * z) / 2 + Math.log(width) + 0.5 * Math.log(2 * Math.PI)
            })
            sum += Math.exp(logQ - logs[k]!)
          }
          return sum / count
        }
        const mean = average(values, logP)
        // E[(q/p)²] over p is E[q/p] over q, whose draws go where p is small, as those of p do not.
        const proposed = noise.map((z, k) => normals[k % d]!.mean + normals[k % d]!.width * z)
        const square = average(proposed, score(proposed))
        const error = Math.sqrt(Math.max(0, square - 1) / count)
        const effective = count / square
        const measurement = {
          measured: Math.abs(mean - 1),
          // Rounding of the mean itself, for constant weights.
          tolerance: 5 * error + 1e-4,
          detail: `the weights' mean is ${digits(mean)} ± ${digits(error)}`,
        }
        return effective < count / 8 && effective > 0
          ? { ...measurement, inconclusive: "few draws carry the weight" }
          : measurement
      }),
    )
  },
}
