import { constraints } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Conditional } from "./Conditional.ts"
import { choose, logSoftmax, oneHot } from "./softmax.ts"

/**
 * One of `K` categories, the numbers `0 … K − 1`: `P(xᵢ = k) ∝ exp(lᵢₖ)`. The network sees a category as `K` numbers, 1 for
 * the one it is.
 */
export const categorical = (categories: number): Conditional => {
  if (!(Number.isInteger(categories) && categories >= 2)) {
    throw new RangeError(
      `made-categorical: expected 2 or more categories, got ${categories}. Count the values that a column has.`,
    )
  }
  return {
    name: "categorical",
    support: constraints.integerInterval(0, categories - 1),
    outputs: categories,
    features: categories,
    encode: (x) =>
      tf.reshape(oneHot(x, categories), [...x.shape.slice(0, -1), categories * x.shape.at(-1)!]),
    logProb: (x, raw) => tf.sum(tf.mul(logSoftmax(raw), oneHot(x, categories)), -2),
    noise: ["uniform"],
    sample: ([u], raw) => choose(u!, raw),
  }
}
