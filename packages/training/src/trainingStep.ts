import type { Site, StepFunction } from "@pushforward/core"
import type { Distribution } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import type { Resolved } from "./FitOptions.ts"
import type { FlatModel } from "./flatModel.ts"

/** What a step is made of. */
interface StepOptions extends Pick<
  Resolved,
  "objective" | "optimiser" | "clipNorm" | "l2" | "averaging"
> {
  /** Whether there is a context. Default false. */
  readonly conditional?: boolean
}

/**
 * One training step as a pure function: loss, gradient, clipping, update.
 *
 * **Details**
 *
 * - Carry: trainable values, state, moments, and the average of the trainable values if it is kept
 * - Inputs: the batch's rows; the optimiser's rates, with the weight of the new values in the average behind them; two
 *   numbers of chance; the rows' context and their weights if they have any
 * - Outputs: loss, gradient norm. The loss is without the penalty `λ Σ θ²`, the gradient with it
 */
export const trainingStep =
  (
    model: FlatModel<Distribution>,
    { objective, optimiser, clipNorm, l2, averaging, conditional = false }: StepOptions,
  ): StepFunction =>
  ([trainable, state, ...rest], _, [rows, rates, noise, ...more]) => {
    const context = conditional ? more.shift() : undefined
    const [weights] = more
    const site: Site = { mode: "train", noise: noise!, ...(context && { context }) }
    const {
      value,
      gradient: ofLoss,
      state: nextState,
    } = model.valueAndGrad(trainable!, state!, site, (density) => {
      const losses = objective(density, rows!)
      return weights ? tf.mul(losses, weights) : losses
    })
    const gradient = l2 > 0 ? tf.add(ofLoss, tf.mul(trainable!, 2 * l2)) : ofLoss
    const norm = tf.norm(gradient)
    const clipped = tf.mul(gradient, tf.minimum(1, tf.div(clipNorm, tf.add(norm, 1e-12))))
    const numbers = tf.unstack(rates!)
    const share = averaging > 0 ? numbers.pop() : undefined
    const moments = rest.slice(0, optimiser.moments)
    const next = optimiser.update(trainable!, clipped, moments, numbers)
    const average = rest[optimiser.moments]
    return {
      carry: [
        next.parameters,
        nextState,
        ...next.moments,
        ...(share && average
          ? [tf.add(average, tf.mul(share, tf.sub(next.parameters, average)))]
          : []),
      ],
      outputs: [value, norm],
    }
  }
