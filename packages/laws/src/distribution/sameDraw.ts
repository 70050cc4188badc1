import * as tf from "@tensorflow/tfjs-core"
import { compare, failure, relative, success, worstOf } from "../internal/compare.ts"
import { float32 } from "../judge/float32.ts"
import { buildDistribution, type DistributionLaw, drawKey } from "./DistributionSubject.ts"

const count = 16

/** Every way of drawing with one key draws the same, with the same score; another key draws something else. */
export const sameDraw: DistributionLaw = {
  name: "same-draw",
  grade: "required",
  statement:
    "a key draws the same each time, from noise too, with the same score; another key does not",
  applies: () => true,
  call:
    `distribution.sample(key, [5]).print() // expected:\n` +
    `distribution.sampleAndLogProb(key, [5])[0].print()`,
  check: ({ layer, batchShape }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const key = drawKey(sample)
    const noise = distribution.noise(key, [count, ...batchShape])
    const numbers = (t: tf.Tensor): Float32Array => Float32Array.from(t.dataSync<"float32">())
    const from = distribution.sampleAndLogProbFrom(
      tf.tensor(noise.values, [...noise.shape], noise.dtype),
    )
    const [x, score] = from.map(numbers)
    const [value, logProb] = distribution.sampleAndLogProb(key, [count]).map(numbers)
    const other = distribution.sample({ hi: key.hi, lo: (key.lo ^ 1) >>> 0 }, [count]).dataSync()
    const same = (what: string, got: Float32Array, expected: Float32Array) =>
      compare(got, expected, relative(expected, float32.agreement), what)
    return worstOf([
      same("sample with the same key", numbers(distribution.sample(key, [count])), x!),
      same("sampleAndLogProb with the same key", value!, x!),
      same("its score", logProb!, score!),
      same(
        "sampleFrom(noise)",
        numbers(distribution.sampleFrom(tf.tensor(noise.values, [...noise.shape], noise.dtype))),
        x!,
      ),
      other.every((v, i) => v === x![i]) ? failure("another key draws the same") : success,
    ])
  },
}
