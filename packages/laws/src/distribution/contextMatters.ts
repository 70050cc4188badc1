import * as tf from "@tensorflow/tfjs-core"
import { failure, success } from "../internal/compare.ts"
import { buildDistribution, type DistributionLaw } from "./DistributionSubject.ts"

/** A declared context is used. */
export const distributionContextMatters: DistributionLaw = {
  name: "context-matters",
  grade: "required",
  statement: "where a context is declared, changing it changes the density",
  applies: ({ layer }) => layer.contextShape !== undefined,
  call: `distribution.logProb(distribution.sample(key)).print() // expected: another number for another context`,
  check: ({ layer }, sample) => {
    const score = (context: tf.Tensor): number =>
      buildDistribution(layer, sample, context)
        .logProb(tf.zeros([...layer.eventShape]))
        .dataSync()[0]!
    const context = tf.tensor([...sample.context!], [...layer.contextShape!])
    return score(context) === score(tf.add(context, 1))
      ? failure("another context gives the same density")
      : success
  },
}
