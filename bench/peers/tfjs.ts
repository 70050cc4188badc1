/**
 * TensorFlow.js, eager, written the usual way: variables, masked dense layers, a batch-norm layer, `tf.train.adam` and
 * `optimizer.minimize`. An engine by the protocol of `serve.ts`.
 */
import "@tensorflow/tfjs-backend-cpu"
import "@tensorflow/tfjs-backend-wasm"
import * as tf from "@tensorflow/tfjs-core"
// Brings the gradients, which tfjs-core alone has not.
import "@tensorflow/tfjs-layers"
import type { Timing } from "../Engine.ts"
import { secondsOf } from "../Seconds.ts"
import { serve, served } from "../serve.ts"
import { madeMasks, type Mask } from "./masks.ts"

const configuration = served()
const { backend, size, layers, hidden, batchNorm, batch, steps, rows } = configuration
tf.enableProdMode()
await tf.setBackend(backend)

let seed = 0
const uniform = <R extends tf.Rank>(shape: tf.ShapeMap[R], bound: number): tf.Tensor<R> =>
  tf.randomUniform<R>(shape, -bound, bound, "float32", ++seed)
const normal = (count: number): tf.Tensor2D =>
  tf.randomNormal<tf.Rank.R2>([count, size], 0, 1, "float32", ++seed)

/** A bijector: data to base with its log-det, and base to data. Statistics are the batch's where `training`. */
interface Layer {
  readonly inverse: (y: tf.Tensor2D, training: boolean) => readonly [tf.Tensor2D, tf.Tensor]
  readonly forward: (x: tf.Tensor2D) => tf.Tensor2D
}

const maskedDense = (values: Mask) => {
  const [inputs, outputs] = [values.length, values[0]!.length]
  const bound = 1 / Math.sqrt(inputs)
  const mask = tf.tensor2d(values as Array<Array<number>>)
  const weight = tf.variable(uniform<tf.Rank.R2>([inputs, outputs], bound))
  const bias = tf.variable(uniform<tf.Rank.R1>([outputs], bound))
  return (x: tf.Tensor2D): tf.Tensor2D => tf.add(tf.matMul(x, tf.mul(mask, weight)), bias)
}

const autoregressive = (): Layer => {
  const dense = madeMasks(size, hidden).map(maskedDense)
  const parts = (y: tf.Tensor2D): readonly [tf.Tensor2D, tf.Tensor2D] => {
    const out = dense.reduce((h, layer, l) => layer(l === 0 ? h : tf.tanh(h)), y)
    const [shift, raw] = tf.split(out, 2, 1) as [tf.Tensor2D, tf.Tensor2D]
    return [shift, tf.mul(3, tf.tanh(tf.div(raw, 3)))]
  }
  return {
    inverse: (y) => {
      const [shift, logScale] = parts(y)
      return [tf.mul(tf.sub(y, shift), tf.exp(tf.neg(logScale))), tf.neg(tf.sum(logScale, 1))]
    },
    // Each pass makes one more dimension final.
    forward: (x) => {
      let y = tf.zerosLike(x)
      for (let pass = 0; pass < size; pass++) {
        const [shift, logScale] = parts(y)
        y = tf.add(tf.mul(x, tf.exp(logScale)), shift)
      }
      return y
    },
  }
}

const batchNormalisation = (): Layer => {
  const [beta, gamma] = [tf.variable(tf.zeros([size])), tf.variable(tf.zeros([size]))]
  const running = {
    mean: tf.variable(tf.zeros([size]), false),
    variance: tf.variable(tf.ones([size]), false),
  }
  const ofBatch = (y: tf.Tensor2D): { readonly mean: tf.Tensor; readonly variance: tf.Tensor } => {
    const { mean, variance } = tf.moments(y, 0)
    running.mean.assign(tf.add(tf.mul(running.mean, 0.99), tf.mul(mean, 0.01)))
    running.variance.assign(tf.add(tf.mul(running.variance, 0.99), tf.mul(variance, 0.01)))
    return { mean, variance }
  }
  return {
    inverse: (y, training) => {
      const { mean, variance } = training ? ofBatch(y) : running
      const logScale = tf.sub(gamma, tf.mul(0.5, tf.log(tf.add(variance, 1e-5))))
      return [tf.add(tf.mul(tf.sub(y, mean), tf.exp(logScale)), beta), tf.sum(logScale)]
    },
    forward: (x) => {
      const scale = tf.mul(tf.exp(tf.neg(gamma)), tf.sqrt(tf.add(running.variance, 1e-5)))
      return tf.add(tf.mul(tf.sub(x, beta), scale), running.mean)
    },
  }
}

const reverse: Layer = {
  inverse: (y) => [tf.reverse(y, 1), tf.scalar(0)],
  forward: (x) => tf.reverse(x, 1),
}

const flow = Array.from({ length: layers }, (_, i) => [
  ...(i === 0 ? [] : [reverse]),
  autoregressive(),
  ...(batchNorm ? [batchNormalisation()] : []),
]).flat()

const logProb = (y: tf.Tensor2D, training: boolean): tf.Tensor1D => {
  let x = y
  let logDet: tf.Tensor = tf.scalar(0)
  for (const layer of flow.toReversed()) {
    const [next, added] = layer.inverse(x, training)
    x = next
    logDet = tf.add(logDet, added)
  }
  const base = tf.sub(tf.mul(-0.5, tf.sum(tf.square(x), 1)), 0.5 * size * Math.log(2 * Math.PI))
  return tf.add(base, logDet)
}

const optimizer = tf.train.adam(1e-3)
const data = normal(batch * steps)
const table = normal(rows)

const train = async (): Promise<Timing> => {
  const order = tf.util.createShuffledIndices(batch * steps)
  let loss = tf.scalar(0)
  const taken = await secondsOf(() => {
    for (let step = 0; step < steps; step++) {
      loss.dispose()
      loss = tf.tidy(() => {
        const chosen = Int32Array.from(order.subarray(step * batch, (step + 1) * batch))
        const x = tf.gather(data, tf.tensor1d(chosen, "int32"))
        return optimizer.minimize(() => tf.neg(tf.mean(logProb(x, true))), true)!
      })
    }
  }, steps)
  return { ...taken, logLikelihood: -loss.dataSync()[0]! }
}

const timed = (program: () => tf.Tensor) => (): Promise<Timing> =>
  secondsOf(() => tf.dispose(tf.tidy(program)))

await serve(["@tensorflow/tfjs-core"], {
  train,
  logProb: timed(() => logProb(table, false)),
  sample: timed(() => flow.reduce((x, layer) => layer.forward(x), table)),
})
