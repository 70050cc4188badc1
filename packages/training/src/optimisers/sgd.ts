import * as tf from "@tensorflow/tfjs-core"
import type { Optimiser } from "../Optimiser.ts"

/**
 * Stochastic gradient descent with momentum.
 *
 * **Details**
 *
 * - `b ← μ b + g`, `θ ← θ − η b`; `μ` is `momentum`, default 0.9
 * - Source: Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning",
 *   ICML 2013, eqs. 1-2, with the rate outside the velocity
 *
 * @category constructors
 */
export const sgd = ({ momentum = 0.9 } = {}): Optimiser => ({
  name: "sgd",
  moments: 1,
  rates: (_, learningRate) => [learningRate],
  update: (parameters, gradient, [velocity], [rate]) => {
    const moved = tf.add(tf.mul(velocity!, momentum), gradient)
    return { parameters: tf.sub(parameters, tf.mul(moved, rate!)), moments: [moved] }
  },
})
