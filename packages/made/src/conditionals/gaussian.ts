import { constraints } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Conditional } from "./Conditional.ts"

const logRootTwoPi = 0.5 * Math.log(2 * Math.PI)

/** What {@link gaussian} takes. */
export interface GaussianOptions {
  /** The largest `|log σ|`. Default 5. */
  readonly maxLogScale?: number
}

/** `α = m tanh(raw / m)`, so that `|α| < m`: no density explodes. */
export const boundedLogScale = (raw: tf.Tensor, maxLogScale: number): tf.Tensor =>
  tf.mul(maxLogScale, tf.tanh(tf.div(raw, maxLogScale)))

/** `log N(x; μ, exp(α))`, elementwise. */
export const logNormal = (x: tf.Tensor, mean: tf.Tensor, logScale: tf.Tensor): tf.Tensor =>
  tf.sub(
    tf.mul(-0.5, tf.square(tf.mul(tf.sub(x, mean), tf.exp(tf.neg(logScale))))),
    tf.add(logScale, logRootTwoPi),
  )

/**
 * A normal distribution: `xᵢ ∼ N(μᵢ, exp(αᵢ))`, with the mean `μ` and `α = m tanh(raw / m)`, where `m = maxLogScale`.
 */
export const gaussian = ({ maxLogScale = 5 }: GaussianOptions = {}): Conditional => {
  const parts = (raw: tf.Tensor): readonly [mean: tf.Tensor, logScale: tf.Tensor] => {
    const [mean, scale] = tf.unstack(raw, -2) as [tf.Tensor, tf.Tensor]
    return [mean, boundedLogScale(scale, maxLogScale)]
  }
  return {
    name: "gaussian",
    support: constraints.real,
    outputs: 2,
    logProb: (x, raw) => logNormal(x, ...parts(raw)),
    noise: ["normal"],
    sample: ([z], raw) => {
      const [mean, logScale] = parts(raw)
      return tf.add(tf.mul(z!, tf.exp(logScale)), mean)
    },
  }
}
