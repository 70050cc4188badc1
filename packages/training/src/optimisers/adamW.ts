import * as tf from "@tensorflow/tfjs-core"
import type { Optimiser } from "../Optimiser.ts"
import { adam, type AdamOptions } from "./adam.ts"

/**
 * Adam with weight decay beside the gradient, not in it.
 *
 * **Details**
 *
 * - `θ ← (1 − ηλ) θ − ηₜ m / (√v + ε)`, the rest as {@link adam}; `λ` is `weightDecay`, default 0.01
 * - Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", arXiv:1711.05101, algorithm 2
 *
 * @category constructors
 */
export const adamW = ({
  weightDecay = 0.01,
  ...options
}: AdamOptions & { readonly weightDecay?: number } = {}): Optimiser => {
  const inner = adam(options)
  return {
    name: "adamW",
    moments: inner.moments,
    rates: (step, learningRate) => [
      ...inner.rates(step, learningRate),
      1 - learningRate * weightDecay,
    ],
    update: (parameters, gradient, moments, [rate, kept]) =>
      inner.update(tf.mul(parameters, kept!), gradient, moments, [rate!]),
  }
}
