import { type Bijector, batchPart, eventPart, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { invertMatrix, leadingRows, type Matrix, takeRows } from "../internal/linearAlgebra.ts"
import type { Host } from "../judge/Judge.ts"

/** A tensor function with the ranks of its events. */
export interface EventMap {
  readonly f: (x: tf.Tensor) => tf.Tensor
  readonly rankIn: number
  readonly rankOut: number
}

/**
 * The Jacobian at each row of `x`, `[batch, output, input]`, by one gradient of as many copies of `x` as the output has
 * elements. `f` sees an extra leading axis.
 */
export const jacobianOf = ({ f, rankIn, rankOut }: EventMap, x: tf.Tensor): tf.Tensor3D => {
  const batch = batchPart(x.shape, rankIn)
  const columns = sizeOf(eventPart(x.shape, rankIn))
  const eventOut = eventPart(f(x).shape, rankOut)
  const rows = sizeOf(eventOut)
  const copies = tf.tile(tf.expandDims(x, 0), [rows, ...x.shape.map(() => 1)])
  const unit = tf.reshape(tf.eye(rows), [rows, ...batch.map(() => 1), ...eventOut])
  const g = tf.grad((copy: tf.Tensor) =>
    // The second term connects an input that the output ignores; TensorFlow.js throws for those.
    tf.add(tf.sum(tf.mul(f(copy), unit)), tf.mul(0, tf.sum(copy))),
  )(copies)
  return tf.transpose(tf.reshape(g, [rows, sizeOf(batch), columns]), [1, 0, 2])
}

/** The matrices of `[batch, output, input]`. */
export const matricesOf = ({ values, shape }: Host): ReadonlyArray<Matrix> => {
  const [count, rows, columns] = shape as readonly [number, number, number]
  return Array.from({ length: count }, (_, b) => ({
    rows,
    columns,
    values: values.slice(b * rows * columns, (b + 1) * rows * columns),
  }))
}

/**
 * The Jacobian `∂y/∂x` of a bijector at each row of `x`: `[batch, output, input]`, batch and events flattened.
 *
 * ```ts
 * import { chain } from "@pushforward/core"
 * import { registerGradients } from "@pushforward/core/gradients"
 * import { jacobian } from "@pushforward/laws"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * registerGradients()
 * jacobian(chain(), tf.tensor1d([1, 2])).arraySync() // => [[[1]], [[1]]]
 * ```
 */
export const jacobian = (bijector: Bijector, x: tf.Tensor): tf.Tensor3D =>
  jacobianOf(
    { f: bijector.forward, rankIn: bijector.eventRankIn, rankOut: bijector.eventRankOut },
    x,
  )

/**
 * The volume factor `log |det|` of a Jacobian in float64. With more rows than columns (a vector to a triangular matrix)
 * it is that of the leading independent rows, which are the free coordinates of the output.
 *
 * ```ts
 * import { logAbsDet } from "@pushforward/laws"
 *
 * logAbsDet([[0, 1], [-1, 0]]) // => 0
 * ```
 */
export const logAbsDet = (rows: ReadonlyArray<ReadonlyArray<number>>): number => {
  const columns = rows[0]?.length ?? 0
  return volume({ rows: rows.length, columns, values: Float64Array.from(rows.flat()) }).logAbsDet
}

/** The volume factor, and the inverse on the free coordinates: `[columns][rows]`, zero for dependent rows. */
export const volume = (
  m: Matrix,
): { readonly logAbsDet: number; readonly inverse: Matrix | undefined } => {
  if (m.rows === m.columns) return invertMatrix(m)
  const chosen = leadingRows(m)
  if (chosen.length < m.columns) return { logAbsDet: -Infinity, inverse: undefined }
  const { logAbsDet: result, inverse } = invertMatrix(takeRows(m, chosen))
  if (inverse === undefined) return { logAbsDet: result, inverse }
  const values = new Float64Array(m.columns * m.rows)
  chosen.forEach((row, j) => {
    for (let i = 0; i < m.columns; i++)
      values[i * m.rows + row] = inverse.values[i * m.columns + j]!
  })
  return { logAbsDet: result, inverse: { rows: m.columns, columns: m.rows, values } }
}
