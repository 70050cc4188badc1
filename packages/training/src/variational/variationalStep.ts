import type { StepFunction } from "@pushforward/core"
import type { Distribution } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import type { FlatModel } from "../flatModel.ts"
import type { Optimiser } from "../Optimiser.ts"
import { boundFrom, type VariationalBound } from "./bound.ts"

/**
 * One step of variational inference as a pure function: draws from noise, log weights, bound, gradient, clipping, update.
 *
 * **Details**
 *
 * - Carry: trainable values, state, moments. Inputs: the noise of `n · samples` draws, the optimiser's rates
 * - Outputs: 1 when the bound or its gradient is not finite, and the gradient counts as zero, else 0; the bound; the
 *   gradient's norm
 */
export const variationalStep =
  (
    guide: FlatModel<Distribution>,
    target: (x: tf.Tensor) => tf.Tensor,
    bound: VariationalBound,
    optimiser: Optimiser,
    clipNorm: number,
  ): StepFunction =>
  ([trainable, state, ...moments], _, [noise, rates]) => {
    // A second guide from the same numbers: what it computes has no gradient with respect to them.
    const fixed = bound.pathDerivative ? guide.build(trainable!, state!) : undefined
    const {
      value,
      gradient,
      state: nextState,
    } = guide.valueAndGrad(trainable!, state!, { mode: "train" }, (built) => {
      const [x, logProb] = built.sampleAndLogProbFrom(noise!)
      const logWeights = tf.sub(target(x), fixed ? fixed.logProb(x) : logProb)
      return tf.neg(boundFrom(bound, tf.reshape(logWeights, [-1, bound.samples])))
    })
    const norm = tf.norm(gradient)
    const finite = tf.logicalAnd(tf.isFinite(value), tf.isFinite(norm))
    const clipped = tf.where(
      finite,
      tf.mul(gradient, tf.minimum(1, tf.div(clipNorm, tf.add(norm, 1e-12)))),
      tf.zerosLike(gradient),
    )
    const next = optimiser.update(trainable!, clipped, moments, tf.unstack(rates!))
    return {
      carry: [next.parameters, nextState, ...next.moments],
      outputs: [tf.cast(tf.logicalNot(finite), "float32"), tf.neg(value), norm],
    }
  }
