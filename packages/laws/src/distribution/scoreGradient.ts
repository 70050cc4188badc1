import * as tf from "@tensorflow/tfjs-core"
import { violations } from "../internal/compare.ts"
import { buildDistribution, type DistributionLaw, drawMany } from "./DistributionSubject.ts"

/** The gradient of the log density is finite at every draw. */
export const scoreGradient: DistributionLaw = {
  name: "score-gradient",
  grade: "required",
  statement: "∂ logProb/∂x is finite at draws",
  applies: () => true,
  call: `const x = distribution.sample(key, [5])\ntf.grad((t) => tf.sum(distribution.logProb(t)))(x).print() // expected: finite`,
  check: ({ layer, batchShape }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const x = drawMany(distribution, sample, 16)
    const gradient = tf
      .grad((t: tf.Tensor) => tf.add(tf.sum(distribution.logProb(t)), tf.mul(0, tf.sum(t))))(
        tf.tensor(x, [16, ...batchShape, ...layer.eventShape], "float32"),
      )
      .dataSync<"float32">()
    return violations(
      Array.from(gradient).flatMap((g, i) =>
        Number.isFinite(g) ? [] : [`the gradient at ${x[i]} is ${g}`],
      ),
    )
  },
}
