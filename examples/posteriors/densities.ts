import { normal } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"

/** The half-Cauchy log density of positive numbers: `log 2 − log π − log s − log(1 + (x/s)²)`. */
export const halfCauchy = (x: tf.Tensor, scale: number): tf.Tensor =>
  tf.sub(Math.log(2 / (Math.PI * scale)), tf.log1p(tf.square(tf.div(x, scale))))

/** The half-normal log density of positive numbers. */
export const halfNormal = (x: tf.Tensor, scale: number): tf.Tensor =>
  tf.add(normal({ scale }).logProb(x), Math.LN2)

/** `Σₙ log N(yₙ; meanₙ, σ)`, of means `[samples, n]` and one σ for each sample. */
export const normalLikelihood = (
  y: ReadonlyArray<number>,
  mean: tf.Tensor,
  sigma: tf.Tensor,
): tf.Tensor =>
  tf.sum(normal({ loc: mean, scale: tf.expandDims(sigma, 1) }).logProb(tf.tensor1d([...y])), 1)

/** `X β` for coefficients `[samples, k]` and the columns of `X`, `[k, n]`. */
export const predicted = (
  beta: tf.Tensor,
  columns: ReadonlyArray<ReadonlyArray<number>>,
): tf.Tensor => tf.matMul(beta, tf.tensor2d(columns.map((column) => [...column])))
