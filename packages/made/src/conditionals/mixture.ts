import { constraints, standardNormalQuantile } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Conditional } from "./Conditional.ts"
import { boundedLogScale, type GaussianOptions, logNormal } from "./gaussian.ts"
import { choose, logSoftmax, oneHot } from "./softmax.ts"

/** What {@link mixture} takes. */
export interface MixtureOptions extends GaussianOptions {
  /** The number of components, `K`. Default 5. */
  readonly components?: number
}

/**
 * A mixture of normal distributions: `xᵢ ∼ Σₖ πᵢₖ N(μᵢₖ, exp(αᵢₖ))`, with logits, means and log scales from the network.
 * The means start at quantiles of the standard normal, so that components differ.
 */
export const mixture = ({ components = 5, maxLogScale = 5 }: MixtureOptions = {}): Conditional => {
  const parts = (raw: tf.Tensor): ReadonlyArray<tf.Tensor> => tf.split(raw, 3, -2)
  const none = Array.from({ length: components }, () => 0)
  return {
    name: "mixture",
    support: constraints.real,
    outputs: 3 * components,
    initial: [
      ...none,
      ...none.map((_, k) => standardNormalQuantile((k + 0.5) / components)),
      ...none,
    ],
    logProb: (x, raw) => {
      const [logits, mean, scale] = parts(raw)
      const each = logNormal(tf.expandDims(x, -2), mean!, boundedLogScale(scale!, maxLogScale))
      // Infinitely far from every component their largest share would be the difference of infinities.
      return tf.logSumExp(tf.add(logSoftmax(logits!), tf.maximum(each, -1e38)), -2)
    },
    noise: ["uniform", "normal"],
    sample: ([u, z], raw) => {
      const [logits, mean, scale] = parts(raw)
      const chosen = oneHot(choose(u!, logits!), components)
      const of = (values: tf.Tensor): tf.Tensor => tf.sum(tf.mul(values, chosen), -2)
      return tf.add(tf.mul(z!, tf.exp(boundedLogScale(of(scale!), maxLogScale))), of(mean!))
    },
  }
}
