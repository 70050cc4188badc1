import { batchPart } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { fillLower } from "./fillLower.ts"

/** Column `j` of `[...batch, d, d]`, as `[...batch, d]`. */
const column = (matrix: tf.Tensor, j: number): tf.Tensor => {
  const batch = batchPart(matrix.shape, 2)
  const d = matrix.shape.at(-1)!
  const at = tf.slice(matrix, [...batch.map(() => 0), 0, j], [...batch, d, 1])
  return tf.reshape(at, [...batch, d])
}

/** Element `j` of the last axis, which stays with size 1. */
const element = (x: tf.Tensor, j: number): tf.Tensor => {
  const batch = batchPart(x.shape, 1)
  return tf.slice(x, [...batch.map(() => 0), j], [...batch, 1])
}

/** `M x` for a matrix `[...batch, d, d]` and vectors `[...batch, d]`. */
export const multiply = (matrix: tf.Tensor, x: tf.Tensor): tf.Tensor => {
  if (matrix.rank > 2) return tf.sum(tf.mul(matrix, tf.expandDims(x, -2)), -1)
  const d = x.shape.at(-1)!
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, d]), matrix as tf.Tensor2D, false, true), x.shape)
}

/** `L⁻¹ y` by forward substitution, column by column: `4 d` operations, each on all rows at once. */
export const solveLower = (matrix: tf.Tensor, y: tf.Tensor): tf.Tensor => {
  const d = y.shape.at(-1)!
  const solved: Array<tf.Tensor> = []
  let rest = y
  for (let j = 0; j < d; j++) {
    const below = column(matrix, j)
    const x = tf.div(element(rest, j), element(below, j))
    solved.push(x)
    if (j < d - 1) rest = tf.sub(rest, tf.mul(x, below))
  }
  return tf.concat(solved, -1)
}

/** `U⁻¹ y` for one upper triangular matrix `[d, d]`: turned by 180° it is a lower one. */
export const solveUpper = (matrix: tf.Tensor, y: tf.Tensor): tf.Tensor => {
  const turned = solveLower(tf.reverse(matrix, [0, 1]), tf.reverse(y, y.rank - 1))
  return tf.reverse(turned, y.rank - 1)
}

/** The diagonal of `[...batch, d, d]`. */
export const diagonalOf = (matrix: tf.Tensor): tf.Tensor =>
  tf.sum(tf.mul(matrix, tf.eye(matrix.shape.at(-1)!)), -1)

/** How many numbers stand below the diagonal of a `d × d` matrix. */
export const countBelow = (d: number): number => (d * (d - 1)) / 2

/** The `d × d` matrix with these numbers below the diagonal, and zeros elsewhere; `undefined` for none of them. */
export const strictlyLower = (below: tf.Tensor | undefined, d: number): tf.Tensor =>
  below === undefined
    ? tf.zeros([d, d])
    : // A full triangle of one size less, moved below the diagonal.
      tf.pad(fillLower(below), [
        [1, 0],
        [0, 1],
      ])
