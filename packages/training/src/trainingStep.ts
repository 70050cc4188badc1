import type { StepFunction } from "@pushforward/core"
import type { Distribution } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import type { FlatModel } from "./flatModel.ts"
import type { Objective } from "./objective.ts"
import type { Optimiser } from "./Optimiser.ts"

/**
 * One training step as a pure function: rows gathered by index, loss, gradient, clipping, update.
 *
 * Carry: trainable values, state, moments. Inputs: the rows' indices, the optimiser's rates. Outputs: loss, gradient norm.
 */
export const trainingStep =
  (
    model: FlatModel<Distribution>,
    objective: Objective,
    optimiser: Optimiser,
    clipNorm: number,
  ): StepFunction =>
  ([trainable, state, ...moments], [data], [indices, rates]) => {
    const rows = tf.gather(data!, indices as tf.Tensor1D)
    const {
      value,
      gradient,
      state: nextState,
    } = model.valueAndGrad(trainable!, state!, { mode: "train" }, (density) =>
      objective(density, rows),
    )
    const norm = tf.norm(gradient)
    const clipped = tf.mul(gradient, tf.minimum(1, tf.div(clipNorm, tf.add(norm, 1e-12))))
    const next = optimiser.update(trainable!, clipped, moments, tf.unstack(rates!))
    return { carry: [next.parameters, nextState, ...next.moments], outputs: [value, norm] }
  }
