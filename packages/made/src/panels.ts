/**
 * Masked matrices without most of their zeros. About half of a mask between sorted units is zero, on one side of a
 * staircase: what lies there is neither stored, nor multiplied, nor trained.
 */
import { type Param, type Params, type ParamTensors, trainable } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Mask } from "./masks.ts"

/** Neighbouring columns of a masked matrix: their rows from `first` on, as many as `mask` has. The others are zero. */
export interface Panel {
  readonly first: number
  readonly mask: Mask
}

/** A masked matrix, as panels side by side. */
export interface Panels {
  readonly shape: Mask["shape"]
  readonly panels: ReadonlyArray<Panel>
}

/** Columns of a panel, about: products with fewer cost more than the zeros that they save. */
const width = 128

/** Shares of a matrix that panels must save. */
const worthwhile = 0.15

const hasOne = ({ shape: [, columns], values }: Mask, row: number, from: number, to: number) =>
  values.subarray(row * columns + from, row * columns + to).includes(1)

/** The columns of a mask, in the rows from the first to the last that they see. */
const panelOf = (mask: Mask, from: number, to: number): Panel => {
  let [first, end] = [0, mask.shape[0]]
  while (first < end - 1 && !hasOne(mask, first, from, to)) first++
  while (end > first + 1 && !hasOne(mask, end - 1, from, to)) end--
  return { first, mask: part(mask, [first, end], [from, to]) }
}

const part = (
  { shape: [, columns], values }: Mask,
  [top, bottom]: readonly [number, number],
  [from, to]: readonly [number, number],
): Mask => {
  const kept = new Float32Array((bottom - top) * (to - from))
  for (let row = top; row < bottom; row++) {
    kept.set(values.subarray(row * columns + from, row * columns + to), (row - top) * (to - from))
  }
  return { shape: [bottom - top, to - from], values: kept }
}

/** Cuts a mask into panels, if it pays; otherwise the whole of it is one. */
export const panelsOf = (mask: Mask): Panels => {
  const { shape } = mask
  const [rows, columns] = shape
  const count = Math.round(columns / width)
  const whole = { shape, panels: [{ first: 0, mask }] }
  if (rows < width || count < 2) return whole
  const edges = Array.from({ length: count + 1 }, (_, i) => Math.round((i * columns) / count))
  const panels = edges.slice(1).map((to, i) => panelOf(mask, edges[i]!, to))
  const kept = panels.reduce((sum, panel) => sum + panel.mask.values.length, 0)
  return kept <= (1 - worthwhile) * mask.values.length ? { shape, panels } : whole
}

/** Parameters for a matrix in panels, from the whole matrix; masked entries become zero. */
export const initialPanels = ({ panels }: Panels, whole: Mask): Params | Param => {
  let from = 0
  const each = panels.map(({ first, mask }) => {
    const [rows, columns] = mask.shape
    const { values } = part(whole, [first, first + rows], [from, from + columns])
    from += columns
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
  { shape, panels }: Panels,
  params: ParamTensors | tf.Tensor,
): Matrix => {
  const [rows] = shape
  const weights = panels.map(({ mask }, i): tf.Tensor2D => {
    const weight = (panels.length === 1 ? params : (params as ParamTensors)[i]) as tf.Tensor2D
    return mask.values.includes(0)
      ? tf.mul(weight, tf.tensor(mask.values, [...mask.shape]))
      : weight
  })
  if (panels.length === 1) return wholeMatrix(weights[0]!)
  return {
    times: (x) =>
      tf.concat2d(
        panels.map(
          (
            {
              first,
              mask: {
                shape: [seen],
              },
            },
            i,
          ) => {
            return tf.matMul(tf.slice(x, [0, first], [-1, seen]), weights[i]!)
          },
        ),
        1,
      ),
    whole: () =>
      tf.concat2d(
        panels.map(
          (
            {
              first,
              mask: {
                shape: [seen],
              },
            },
            i,
          ) =>
            tf.pad(weights[i]!, [
              [first, rows - first - seen],
              [0, 0],
            ]),
        ),
        1,
      ),
  }
}
