import type { Distribution } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"

/** What a step minimises, in nats: one value per row of the batch, `[rows]`. */
export type Objective = (model: Distribution, rows: tf.Tensor) => tf.Tensor

/**
 * Maximum likelihood: the negative log-likelihood of each row. In expectation over the data this is the forward
 * divergence `KL(data ‖ model)` up to the data's entropy.
 *
 * - `−log p(x)`
 */
export const maximumLikelihood: Objective = (model, rows) => tf.neg(model.logProb(rows))
