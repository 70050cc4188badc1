import * as tf from "@tensorflow/tfjs-core"
import type { Optimiser } from "../Optimiser.ts"
import { type AdamOptions, adamStep, correctedRate, discountedSums } from "./adam.ts"

/**
 * Adam whose steps never grow for want of recent gradients.
 *
 * **Details**
 *
 * - `v̂ ← max(v̂, v)`, `θ ← θ − ηₜ m / (√v̂ + ε)`, the rest as `adam`
 * - Source: Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond", arXiv:1904.09237, algorithm 2, with Adam's
 *   corrections in `ηₜ`
 *
 * @category constructors
 */
export const amsgrad = (options: AdamOptions = {}): Optimiser => ({
  name: "amsgrad",
  moments: 3,
  rates: (step, learningRate) => [correctedRate(step, learningRate, options)],
  update: (parameters, gradient, moments, [rate]) => {
    const [sum, squares] = discountedSums(gradient, moments, options)
    const largest = tf.maximum(moments[2]!, squares)
    return {
      parameters: tf.sub(parameters, adamStep(sum, largest, rate!, options)),
      moments: [sum, squares, largest],
    }
  },
})
