/**
 * Rows by level.
 */
import * as tf from "@tensorflow/tfjs-core"
import type { LevelSystem } from "./LevelSystem.ts"

/** Where each level begins among sorted rows, `perRow` rows for each entry: level `m` is from `starts[m]` to `starts[m + 1]`. */
const startsOf = (
  levels: ReadonlyArray<number>,
  count: number,
  perRow = 1,
): ReadonlyArray<number> => {
  const starts = [0]
  for (let level = 0; level < count; level++) {
    let end = starts[level]! / perRow
    while (end < levels.length && levels[end]! <= level) end++
    starts.push(end * perRow)
  }
  return starts
}

/** Rows `begin` to `end`, or nothing when there are none. */
export const rowsBetween = (
  x: tf.Tensor2D | undefined,
  begin: number,
  end: number,
): tf.Tensor2D | undefined =>
  x === undefined || end === begin
    ? undefined
    : begin === 0 && end === x.shape[0]
      ? x
      : tf.slice(x, [begin, 0], [end - begin, -1])

/** One above the other. */
export const stacked = (parts: ReadonlyArray<tf.Tensor2D | undefined>): tf.Tensor2D | undefined => {
  const there = parts.filter((part) => part !== undefined)
  return there.length > 1 ? tf.concat2d(there, 0) : there[0]
}

/** `x + weight · sources`, whichever of them are there. */
export const plusProduct = (
  x: tf.Tensor2D | undefined,
  weight: () => tf.Tensor2D,
  sources: tf.Tensor2D | undefined,
): tf.Tensor2D | undefined => (x && sources ? tf.add(tf.matMul(weight(), sources), x) : x)

/** Where each level begins, in everything that a system has rows of. */
export interface Starts {
  /** Levels, level 0 included. */
  readonly count: number
  readonly unknowns: ReadonlyArray<number>
  readonly given: ReadonlyArray<number>
  readonly rows: ReadonlyArray<ReadonlyArray<number>>
  readonly sources: ReadonlyArray<ReadonlyArray<number>>
}

/** {@link startsOf} for a whole system. */
export const startsOfSystem = ({ layers, levels, given }: LevelSystem): Starts => {
  const count = (levels.at(-1) ?? 0) + 1
  const ofUnknowns = (rows: number): ReadonlyArray<number> =>
    startsOf(levels, count, rows / levels.length)
  const hidden = layers.slice(0, -1).map((layer) => startsOf(layer.levels, count))
  return {
    count,
    unknowns: ofUnknowns(levels.length),
    given: ofUnknowns(given.shape[0]),
    rows: [...hidden, ofUnknowns(layers.at(-1)!.weight.shape[0])],
    sources: [ofUnknowns(layers[0]!.weight.shape[1]), ...hidden],
  }
}
