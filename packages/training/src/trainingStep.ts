import type { StepFunction } from "@pushforward/core"
import type { Distribution } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import type { FlatModel } from "./flatModel.ts"
import type { Objective } from "./objective.ts"
import type { Optimiser } from "./Optimiser.ts"

/**
 * One training step as a pure function: loss, gradient, clipping, update.
 *
 * Carry: trainable values, state, moments. Inputs: the batch's rows, the optimiser's rates. Outputs: loss, gradient norm.
 */
export const trainingStep =
  (
    model: FlatModel<Distribution>,
    objective: Objective,
    optimiser: Optimiser,
    clipNorm: number,
  ): StepFunction =>
  ([trainable, state, ...moments], _, [rows, rates]) => {
    const {
      value,
      gradient,
      state: nextState,
    } = model.valueAndGrad(trainable!, state!, { mode: "train" }, (density) =>
      objective(density, rows!),
    )
    const norm = tf.norm(gradient)
    const clipped = tf.mul(gradient, tf.minimum(1, tf.div(clipNorm, tf.add(norm, 1e-12))))
    const next = optimiser.update(trainable!, clipped, moments, tf.unstack(rates!))
    return { carry: [next.parameters, nextState, ...next.moments], outputs: [value, norm] }
  }
