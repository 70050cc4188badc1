/**
 * A first flow: an affine map and a leaky ReLU with a learnable slope, fitted to draws of a normal distribution with mean
 * 1 and standard deviation 2 in both columns.
 *
 *   node --conditions=@pushforward/source examples/first-flow.ts
 */
import * as tf from "@tensorflow/tfjs-core"
import {
  chain,
  fit,
  inline,
  makeKey,
  normalValues,
  trainable,
  trainableScaleTril,
} from "pushforward"

const slopeAt = (x: tf.Tensor, raw: tf.Tensor): tf.Tensor =>
  tf.where(tf.greaterEqual(x, 0), tf.onesLike(x), tf.add(tf.softplus(raw), 0.01))

const leakyRelu = inline({
  name: "leaky-relu",
  parameters: () => ({ raw: trainable([], 0) }),
  forward: (x, { raw }) => tf.mul(x, slopeAt(x, raw)),
  inverse: (y, { raw }) => tf.div(y, slopeAt(y, raw)),
  forwardLogDet: (x, { raw }) => tf.log(slopeAt(x, raw)),
})

const noise = normalValues(makeKey(1), 4000)
const rows = Array.from({ length: 2000 }, (_, i) => [
  1 + 2 * noise[2 * i]!,
  1 + 2 * noise[2 * i + 1]!,
])

const run = fit(rows, {
  flow: chain(leakyRelu, trainableScaleTril(2)),
  batchSize: 100,
  epochs: 20,
  seed: 1,
})
for await (const event of run) {
  if (event._tag === "EpochDone" && event.epoch % 5 === 0) {
    console.log(`epoch ${event.epoch}: ${event.validationLogLikelihood.toFixed(3)} nats per row`)
  }
}
const { record } = await run
// The entropy of the truth bounds every model: −log(2π · 2²) − 1 = −4.224 nats.
console.log(
  `held out ${record.heldOutLogLikelihood.toFixed(3)} ± ${record.standardError.toFixed(3)}, a Gaussian ` +
    `${record.gaussianLogLikelihood.toFixed(3)}, the truth's expectation ${(-Math.log(8 * Math.PI) - 1).toFixed(3)}`,
)
