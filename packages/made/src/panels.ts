/**
 * Masked matrices without most of their zeros. About half of a mask between sorted units is zero, on one side of a
 * staircase: what lies there is neither stored, nor multiplied, nor trained.
 */
import { type Param, type Params, type ParamTensors, trainable } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Mask } from "./masks.ts"

/** Some columns of a masked matrix, in the rows from `first` on, as many as `mask` has. In the others they are zero. */
interface Panel {
  readonly first: number
  readonly columns: ReadonlyArray<number>
  readonly mask: Mask
}

/**
 * A masked matrix, as panels side by side. Where its columns are several `copies` of the same units, one copy after the other,
 * a panel has the same units of all copies.
 */
export interface Panels {
  readonly shape: Mask["shape"]
  readonly copies: number
  readonly panels: ReadonlyArray<Panel>
}

/** Columns of a panel, about: products with fewer cost more than the zeros that they save. */
const width = 128

/** Share of a matrix that panels must save. */
const worthwhile = 0.15

/** The matrix that is left of a mask's, or of weights, in a panel. */
const part = (
  { shape: [, all], values }: Mask,
  columns: ReadonlyArray<number>,
  [top, bottom]: readonly [number, number],
): Mask => {
  const kept = new Float32Array((bottom - top) * columns.length)
  for (let row = top; row < bottom; row++) {
    const at = (row - top) * columns.length
    columns.forEach((column, k) => (kept[at + k] = values[row * all + column]!))
  }
  return { shape: [bottom - top, columns.length], values: kept }
}

/** Columns of a mask, in the rows from the first to the last that they see. */
const panelOf = (mask: Mask, columns: ReadonlyArray<number>): Panel => {
  const { shape, values } = mask
  const sees = (row: number): boolean =>
    columns.some((column) => values[row * shape[1] + column] !== 0)
  let [first, end] = [0, shape[0]]
  while (first < end - 1 && !sees(first)) first++
  while (end > first + 1 && !sees(end - 1)) end--
  return { first, columns, mask: part(mask, columns, [first, end]) }
}

/** Cuts a mask, whose columns are so many copies of the same units, into panels if it pays; otherwise it is one. */
export const panelsOf = (mask: Mask, copies = 1): Panels => {
  const { shape, values } = mask
  const units = shape[1] / copies
  const count = Math.min(units, Math.round(shape[1] / width))
  const all = Array.from({ length: shape[1] }, (_, column) => column)
  const whole = { shape, copies, panels: [{ first: 0, columns: all, mask }] }
  if (shape[0] < width || count < 2) return whole
  const panels = Array.from({ length: count }, (_, i) => {
    const [from, to] = [i, i + 1].map((k) => Math.round((k * units) / count)) as [number, number]
    const columns = Array.from({ length: copies }, (_copy, copy) =>
      Array.from({ length: to - from }, (_unit, k) => copy * units + from + k),
    ).flat()
    return panelOf(mask, columns)
  })
  const kept = panels.reduce((sum, panel) => sum + panel.mask.values.length, 0)
  return kept <= (1 - worthwhile) * values.length ? { shape, copies, panels } : whole
}

/** Parameters for a matrix in panels, from the whole matrix; masked entries become zero. */
export const initialPanels = ({ panels }: Panels, whole: Mask): Params | Param => {
  const each = panels.map(({ first, columns, mask }) => {
    const { values } = part(whole, columns, [first, first + mask.shape[0]])
    return trainable(
      mask.shape,
      values.map((value, i) => value * mask.values[i]!),
    )
  })
  return each.length === 1 ? each[0]! : Object.fromEntries(each.entries())
}

/** A matrix put to use: `x W` for `x: [n, rows]`, and `W` itself when it is asked for. */
export interface Matrix {
  readonly times: (x: tf.Tensor2D) => tf.Tensor2D
  readonly whole: () => tf.Tensor2D
}

/** A matrix that is kept whole. */
export const wholeMatrix = (weight: tf.Tensor2D): Matrix => ({
  times: (x) => tf.matMul(x, weight),
  whole: () => weight,
})

/** The masked matrix in panels. */
export const panelMatrix = (
  { shape: [rows, columns], copies, panels }: Panels,
  params: ParamTensors | tf.Tensor,
): Matrix => {
  const weights = panels.map(({ mask: { shape, values } }, i): tf.Tensor2D => {
    const weight = (panels.length === 1 ? params : (params as ParamTensors)[i]) as tf.Tensor2D
    return values.includes(0) ? tf.mul(weight, tf.tensor(values, [...shape])) : weight
  })
  if (panels.length === 1) return wholeMatrix(weights[0]!)
  /** Panels side by side, each in its place of every copy. */
  const beside = (parts: ReadonlyArray<tf.Tensor2D>): tf.Tensor2D => {
    if (copies === 1) return tf.concat2d([...parts], 1)
    const [n] = parts[0]!.shape
    const byCopy = parts.map((y) => tf.reshape<tf.Rank.R3>(y, [n, copies, y.shape[1] / copies]))
    return tf.reshape(tf.concat3d(byCopy, 2), [n, columns])
  }
  return {
    times: (x) =>
      beside(
        panels.map(({ first, mask }, i) =>
          tf.matMul(tf.slice(x, [0, first], [x.shape[0], mask.shape[0]]), weights[i]!),
        ),
      ),
    whole: () =>
      beside(
        panels.map(({ first, mask }, i) => {
          const rest = rows - first - mask.shape[0]
          return tf.pad2d(weights[i]!, [
            [first, rest],
            [0, 0],
          ])
        }),
      ),
  }
}
