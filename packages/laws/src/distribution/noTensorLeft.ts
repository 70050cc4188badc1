import * as tf from "@tensorflow/tfjs-core"
import { failure, success } from "../internal/compare.ts"
import { scoped } from "../internal/scoped.ts"
import { buildDistribution, type DistributionLaw, drawKey } from "./DistributionSubject.ts"

/** Nothing outlives the scope, and outside a scope `sample` leaves its result and no more. */
export const distributionNoTensorLeft: DistributionLaw = {
  name: "no-tensor-left",
  grade: "required",
  statement: "no tensor outlives a tidy scope",
  applies: () => true,
  call:
    `const before = tf.memory().numTensors\n` +
    `tf.tidy(() => {\n  distribution.logProb(distribution.sample(key, [5]))\n})\nconsole.log(tf.memory().numTensors - before) // expected: 0`,
  check: ({ layer, has }, sample) => {
    const before = tf.memory().numTensors
    scoped(() => {
      const distribution = buildDistribution(layer, sample)
      const [x] = distribution.sampleAndLogProb(drawKey(sample), [3])
      distribution.logProb(distribution.sample(drawKey(sample), [3]))
      if (has.has("cdf")) distribution.cdf!(x)
      distribution.mean?.()
      distribution.variance?.()
      distribution.entropy?.()
    })
    const left = tf.memory().numTensors - before
    return left === 0 ? success : failure(`${left} tensors left after the scope`)
  },
}
