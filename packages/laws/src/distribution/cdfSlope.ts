import * as tf from "@tensorflow/tfjs-core"
import { compare, relative } from "../internal/compare.ts"
import { buildDistribution, type DistributionLaw, drawMany } from "./DistributionSubject.ts"

/** The cdf's derivative is the density. The tolerance is 1e-3: the slope is that of a float32 approximation. */
export const cdfSlope: DistributionLaw = {
  name: "cdf-slope",
  grade: "required",
  statement: "d cdf(x)/dx = exp(logProb(x))",
  applies: ({ has, layer }) => has.has("cdf") && layer.eventShape.length === 0,
  call: `const x = distribution.sample(key, [5])\ntf.grad((t) => tf.sum(distribution.cdf!(t)))(x).print() // expected:\ntf.exp(distribution.logProb(x)).print()`,
  check: ({ layer, batchShape }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const x = tf.tensor(drawMany(distribution, sample, 32), [32, ...batchShape], "float32")
    const slope = tf
      .grad((t: tf.Tensor) => tf.sum(distribution.cdf!(t)))(x)
      .dataSync<"float32">()
    const density = tf.exp(distribution.logProb(x)).dataSync<"float32">()
    return compare(slope, density, relative(density, 1e-3), "d cdf/dx")
  },
}
