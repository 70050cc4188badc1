import * as tf from "@tensorflow/tfjs-core"
import { sizeOf } from "@pushforward/core"
import { compare, defaultTolerance, failure, rounding, worstOf } from "../internal/compare.ts"
import { buildDistribution, type DistributionLaw, drawKey } from "./DistributionSubject.ts"

const count = 16

/**
 * `sampleAndLogProb` scores its own draw as `logProb` does, and the same key draws the same. The tolerance grows with the
 * slope of the log density, which amplifies the rounding of the draw.
 */
export const sampleScores: DistributionLaw = {
  name: "sample-scores",
  grade: "required",
  statement:
    "sampleAndLogProb(key) = (sample(key), logProb of it), and the same key draws the same",
  applies: () => true,
  call: `const [x, score] = distribution.sampleAndLogProb(key, [5])\nscore.print() // expected:\ndistribution.logProb(x).print()`,
  check: ({ layer, batchShape }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const key = drawKey(sample)
    const [value, score] = distribution.sampleAndLogProb(key, [count])
    const x = value.dataSync<"float32">()
    const logProb = distribution.logProb(value).dataSync<"float32">()
    const slope = tf
      .grad((t: tf.Tensor) => tf.add(tf.sum(distribution.logProb(t)), tf.mul(0, tf.sum(t))))(value)
      .dataSync<"float32">()
    const size = sizeOf(layer.eventShape)
    const same = distribution.sample(key, [count]).dataSync<"float32">()
    const noise = distribution.noise(key, [count, ...batchShape])
    const from = distribution
      .sampleFrom(tf.tensor(noise.values, [...noise.shape], noise.dtype))
      .dataSync<"float32">()
    const other = distribution.sample({ hi: key.hi, lo: (key.lo ^ 1) >>> 0 }, [count]).dataSync()
    return worstOf([
      compare(
        score.dataSync<"float32">(),
        logProb,
        (i) => {
          let added = 0
          for (let j = i * size; j < (i + 1) * size; j++) {
            added += rounding * Math.abs(slope[j]!) * (1 + Math.abs(x[j]!))
          }
          const magnitude = Math.max(1, Math.abs(logProb[i]!))
          return added < 0.05 * magnitude ? defaultTolerance * magnitude + added : Number.NaN
        },
        "the score of a draw",
      ),
      compare(same, x, (i) => 1e-5 * Math.max(1, Math.abs(x[i]!)), "sample with the same key"),
      compare(from, x, (i) => 1e-5 * Math.max(1, Math.abs(x[i]!)), "sampleFrom(noise)"),
      ...(other.every((v, i) => v === x[i]) ? [failure("another key draws the same")] : []),
    ])
  },
}
