/**
 * A masked network put to use: a function, and the structure and weights behind it.
 */
import { type Shape } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Matrix } from "./panels.ts"
import type { Degrees } from "./degrees.ts"
import type { Drop } from "./dropout.ts"

/**
 * One dense layer, masked: `y = Wᵀ σ(x) + b`, and `y + z` with the result `z` of an earlier layer where there is a `skip`.
 *
 * **Details**
 *
 * - `matrix`: `W`, `[in, out]`, zero where masked, as a whole or as something to multiply with; `bias`: `[out]`, or
 *   `[...batch, out]` with the context's share in it
 * - `activate`: `σ`, what comes in goes through it; the first layer takes the inputs as they are, and `σ` is the identity
 * - `from`, `to`: the levels of what comes in and goes out, sorted in a network of `made` but at its two ends. A unit of
 *   level `m` is known when the inputs of the first `m` levels are
 * - `skip`: the layer whose result is added, counted from 0
 *
 * @category models
 */
export interface MaskedLayer {
  readonly matrix: Matrix
  readonly bias: tf.Tensor
  readonly activate: (x: tf.Tensor) => tf.Tensor
  readonly from: Degrees
  readonly to: Degrees
  readonly skip?: number
}

/**
 * A masked network: output `i` of each kind depends on the inputs that dimension `i` may depend on.
 *
 * **Details**
 *
 * - `apply(x)`: `[...batch, d]` to `[...batch, p d]`, with column `k d + i` for number `k` of dimension `i`. Where the
 *   network takes `f` numbers for each dimension, `x` is `[...batch, f d]` in the same manner
 * - `layers`: without dropout, which `apply` has in training
 * - `levels`: of the dimensions, from 1: one of level `m` depends on dimensions of lower levels alone
 *
 * @category models
 */
export interface MaskedNetwork {
  readonly apply: (x: tf.Tensor) => tf.Tensor
  readonly layers: ReadonlyArray<MaskedLayer>
  readonly levels: Degrees
}

/** `x W` over the last axis, whatever comes before it. */
export const onRows = (x: tf.Tensor, { times }: Matrix): tf.Tensor => {
  const batch: Shape = x.shape.slice(0, -1)
  const product = times(tf.reshape(x, [-1, x.shape.at(-1)!]))
  return tf.reshape(product, [...batch, product.shape[1]])
}

/** A layer whose levels are not looked at. */
export type DenseLayer = Omit<MaskedLayer, "from" | "to">

/** Sends inputs through layers, and what each hidden layer gives through `drop`. */
export const applyLayers =
  (layers: ReadonlyArray<DenseLayer>, drop: Drop = (h) => h) =>
  (x: tf.Tensor): tf.Tensor => {
    const results: Array<tf.Tensor> = []
    layers.forEach(({ matrix, bias, activate, skip }, l) => {
      const h = l === 0 ? x : drop(activate(results[l - 1]!), l - 1)
      const result = tf.add(onRows(h, matrix), bias)
      results.push(skip === undefined ? result : tf.add(result, results[skip]!))
    })
    return results.at(-1)!
  }

/** A network of layers, with the levels of the inputs, of what every layer gives, and of the dimensions. */
export const makeNetwork = (
  layers: ReadonlyArray<DenseLayer>,
  between: ReadonlyArray<Degrees>,
  levels: Degrees,
  drop?: Drop,
): MaskedNetwork => ({
  apply: applyLayers(layers, drop),
  layers: layers.map((layer, l) => ({ ...layer, from: between[l]!, to: between[l + 1]! })),
  levels,
})
