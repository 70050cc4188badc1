import { constraints } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Conditional } from "./Conditional.ts"

/** A coin: `P(xᵢ = 1) = 1 / (1 + exp(−lᵢ))`, so that `log p(xᵢ) = −softplus((1 − 2 xᵢ) lᵢ)`, safe for any logit. */
export const bernoulli = (): Conditional => {
  const logitOf = (raw: tf.Tensor): tf.Tensor => tf.squeeze(raw, [raw.rank - 2])
  return {
    name: "bernoulli",
    support: constraints.boolean,
    outputs: 1,
    logProb: (x, raw) => tf.neg(tf.softplus(tf.mul(tf.sub(1, tf.mul(2, x)), logitOf(raw)))),
    noise: ["uniform"],
    sample: ([u], raw) => tf.cast(tf.less(u!, tf.sigmoid(logitOf(raw))), "float32"),
  }
}
