/**
 * Masked matrices without their zero blocks. About half of a mask between sorted units is zero, above a staircase: what
 * lies there is neither stored, nor multiplied, nor trained.
 */
import { type Param, type Params, type ParamTensors, trainable } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Mask } from "./masks.ts"

/**
 * A mask in blocks: itself, or its columns before `column` and from there on. The former see only the rows before `row`;
 * the latter see those through `above`, and the others through `right`. Without `above` both halves see all rows.
 */
export type Blocks =
  | { readonly mask: Mask }
  | {
      readonly row: number
      readonly column: number
      readonly left: Blocks
      readonly above?: Blocks
      readonly right: Blocks
    }

/** Blocks are cut no narrower and no lower than this: products of smaller ones cost more than their zeros. */
const leastSize = 128

const part = (
  { shape: [, width], values }: Mask,
  [top, bottom]: readonly [number, number],
  [from, to]: readonly [number, number],
): Mask => {
  const kept = new Float32Array((bottom - top) * (to - from))
  for (let row = top; row < bottom; row++) {
    kept.set(values.subarray(row * width + from, row * width + to), (row - top) * (to - from))
  }
  return { shape: [bottom - top, to - from], values: kept }
}

/** How many rows, from the first on, the first columns see. */
const rowsSeen = ({ shape: [rows, width], values }: Mask, columns: number): number => {
  for (let row = rows; row > 1; row--) {
    if (values.subarray((row - 1) * width, (row - 1) * width + columns).includes(1)) return row
  }
  return 1
}

/** Cuts a mask into blocks, as far as it pays. */
export const blocksOf = (mask: Mask): Blocks => {
  const [rows, columns] = mask.shape
  if (rows < leastSize || columns < 2 * leastSize) return { mask }
  const column = Math.floor(columns / 2)
  const row = rowsSeen(mask, column)
  if (row === rows) {
    // Perhaps the columns are those of several numbers for each dimension, one after the other.
    const left = blocksOf(part(mask, [0, rows], [0, column]))
    const right = blocksOf(part(mask, [0, rows], [column, columns]))
    return "mask" in left && "mask" in right ? { mask } : { row, column, left, right }
  }
  return {
    row,
    column,
    left: blocksOf(part(mask, [0, row], [0, column])),
    above: { mask: part(mask, [0, row], [column, columns]) },
    right: blocksOf(part(mask, [row, rows], [column, columns])),
  }
}

/** Parameters for a matrix in blocks, from the whole matrix; masked entries become zero. */
export const initialBlocks = (blocks: Blocks, whole: Mask): Params | Param => {
  const { shape, values } = whole
  if ("mask" in blocks) {
    return trainable(
      shape,
      values.map((value, i) => value * blocks.mask.values[i]!),
    )
  }
  const { row, column, left, above, right } = blocks
  const [rows, columns] = shape
  const before = [0, above ? row : rows] as const
  return {
    left: initialBlocks(left, part(whole, before, [0, column])),
    ...(above && { above: initialBlocks(above, part(whole, before, [column, columns])) }),
    right: initialBlocks(right, part(whole, [above ? row : 0, rows], [column, columns])),
  }
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

/** The masked matrix in blocks. */
export const blockMatrix = (blocks: Blocks, params: ParamTensors | tf.Tensor): Matrix => {
  if ("mask" in blocks) {
    const { shape, values } = blocks.mask
    const weight = params as tf.Tensor2D
    return wholeMatrix(values.includes(0) ? tf.mul(weight, tf.tensor(values, [...shape])) : weight)
  }
  const { row } = blocks
  const of = (name: "left" | "above" | "right"): Matrix | undefined =>
    blocks[name] && blockMatrix(blocks[name], (params as ParamTensors)[name]!)
  const [left, above, right] = [of("left")!, of("above"), of("right")!]
  return {
    times: (x) => {
      if (!above) return tf.concat2d([left.times(x), right.times(x)], 1)
      const [before, after] = tf.split(x, [row, x.shape[1] - row], 1) as [tf.Tensor2D, tf.Tensor2D]
      const seen: tf.Tensor2D = tf.add(above.times(before), right.times(after))
      return tf.concat2d([left.times(before), seen], 1)
    },
    whole: () => {
      const [a, d] = [left.whole(), right.whole()]
      if (!above) return tf.concat2d([a, d], 1)
      const zero: tf.Tensor2D = tf.zeros([d.shape[0], a.shape[1]])
      const rows = [tf.concat2d([a, above.whole()], 1), tf.concat2d([zero, d], 1)]
      return tf.concat2d(rows, 0)
    },
  }
}
