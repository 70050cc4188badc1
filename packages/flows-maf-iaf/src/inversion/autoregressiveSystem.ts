import { type RawParameters, rawCount, sizeOf, type Transformer } from "@pushforward/core"
import type { MaskedNetwork } from "@pushforward/made"
import * as tf from "@tensorflow/tfjs-core"
import type { LevelSystem, SystemLayer } from "./LevelSystem.ts"

/** `kinds` rows for each dimension, by level, then by kind, then by dimension: where each is in `[kind, dimension]`. */
export const byLevel = (levels: ReadonlyArray<number>, kinds = 1): ReadonlyArray<number> => {
  const groups = Map.groupBy(levels.keys(), (i) => levels[i]!)
  return [...groups.keys()]
    .toSorted((a, b) => a - b)
    .flatMap((level) =>
      Array.from({ length: kinds }, (_, kind) =>
        groups.get(level)!.map((i) => kind * levels.length + i),
      ).flat(),
    )
}

/** Rows in another order. */
export const rowsAt = (x: tf.Tensor2D, order: ReadonlyArray<number>): tf.Tensor2D =>
  order.every((place, i) => place === i) ? x : tf.gather(x, tf.tensor1d([...order], "int32"))

/** The order that undoes `order`. */
export const undone = (order: ReadonlyArray<number>): ReadonlyArray<number> =>
  [...order.keys()].toSorted((a, b) => order[a]! - order[b]!)

/** Cuts rows `[p · m, n]`, kind after kind, into a transformer's parameters for `m` vectors of `n`. */
const rawOfRows = ({ parameters }: Transformer, raw: tf.Tensor2D, m: number): RawParameters => {
  const shapes = Object.entries(parameters)
  const parts = tf.split(
    raw,
    shapes.map(([, shape]) => sizeOf(shape) * m),
  )
  return Object.fromEntries(
    shapes.map(([name, shape], i) => {
      const rank = shape.length
      if (rank === 0) return [name, parts[i]!]
      const kinds = tf.reshape(parts[i]!, [...shape, m, raw.shape[1]])
      return [name, tf.transpose(kinds, [rank, ...shape.keys(), rank + 1])]
    }),
  )
}

/**
 * `yᵢ = T(xᵢ; network(y)ᵢ)` as a system for `y`: what a masked autoregressive layer solves to go forward.
 *
 * @param x `[n, d]`
 */
export const autoregressiveSystem = (
  { layers, levels }: MaskedNetwork,
  transformer: Transformer,
  x: tf.Tensor2D,
): LevelSystem => {
  const batch = x.shape[0]
  const [order, last] = [byLevel(levels), layers.length - 1]
  const outputs = byLevel(levels, rawCount(transformer))
  return {
    levels: levels.toSorted((a, b) => a - b),
    given: rowsAt(tf.transpose(x), order),
    // Elementwise, so the batch may stand where a transformer has its dimensions.
    solve: (raw, from) =>
      transformer.build(rawOfRows(transformer, raw, from.shape[0])).forward(from) as tf.Tensor2D,
    feed: (y) => y,
    layers: layers.map(({ matrix, bias, to, skip }, l): SystemLayer => {
      const into = rowsAt(tf.transpose(matrix.whole()), l === last ? outputs : [...to.keys()])
      const size = bias.shape.at(-1)!
      const start: tf.Tensor2D = tf.transpose(tf.broadcastTo(bias, [batch, size]))
      return {
        weight: l === 0 ? tf.transpose(rowsAt(tf.transpose(into), order)) : into,
        start: rowsAt(start, l === last ? outputs : [...to.keys()]),
        levels: to,
        activate: (result) => layers[l + 1]!.activate(result) as tf.Tensor2D,
        ...(skip !== undefined && { skip }),
      }
    }),
  }
}

/** The levels when the last come first. */
export const reversedLevels = (levels: ReadonlyArray<number>): ReadonlyArray<number> => {
  const deepest = Math.max(...levels)
  return levels.map((level) => deepest + 1 - level)
}

/** What the equations are at their solution, to first order. */
export interface Linearisation {
  /** `∂xᵢ/∂yᵢ`, the raw numbers held fixed: `[n, d]`. */
  readonly byUnknown: tf.Tensor2D
  /** `∂xᵢ/∂rawₖᵢ`: `[n, p · d]`, kind after kind. */
  readonly byRaw: tf.Tensor2D
  /** The derivatives of the activations that lead into layers 1, 2, …: `[n, units]`. */
  readonly slopes: ReadonlyArray<tf.Tensor2D>
}

/**
 * `Jᵀ λ = g` as a system for `λ`, with `J = ∂x/∂y`: the same network run backwards, so the levels come in reverse. A unit
 * that is known after the first `m` of `L` levels forward is known after the first `L − m` here.
 *
 * @param g `[n, d]`
 */
export const adjointSystem = (
  { layers, levels }: MaskedNetwork,
  { byUnknown, byRaw, slopes }: Linearisation,
  g: tf.Tensor2D,
): LevelSystem => {
  const batch = g.shape[0]
  const deepest = Math.max(...levels)
  const backwards = reversedLevels(levels)
  const kinds = byRaw.shape[1] / levels.length
  const hidden = layers.length - 1
  const given = tf.concat2d([g, tf.reciprocal(byUnknown), byRaw], 1)
  const unitOrder = ({ to }: MaskedNetwork["layers"][number]) => [...to.keys()].toReversed()
  const [unknowns, feeds] = [byLevel(backwards), byLevel(backwards, kinds)]
  return {
    levels: backwards.toSorted((a, b) => a - b),
    given: rowsAt(tf.transpose(given), byLevel(backwards, kinds + 2)),
    solve: (pulled, rows) => {
      const [target, inverse] = tf.split(tf.slice(rows, [0, 0], [2 * pulled.shape[0], -1]), 2) as [
        tf.Tensor2D,
        tf.Tensor2D,
      ]
      return tf.mul(tf.sub(target, pulled), inverse)
    },
    feed: (lambda, rows) =>
      tf.mul(
        tf.tile(lambda, [kinds, 1]),
        tf.slice(rows, [2 * lambda.shape[0], 0], [kinds * lambda.shape[0], -1]),
      ),
    layers: layers.toReversed().map(({ matrix }, t): SystemLayer => {
      const l = hidden - t
      const rows = l === 0 ? unknowns : unitOrder(layers[l - 1]!)
      const columns = t === 0 ? feeds : unitOrder(layers[l]!)
      const turned = rowsAt(tf.transpose(rowsAt(matrix.whole(), rows)), columns)
      const skipping = layers.findIndex(({ skip }) => skip === l - 1)
      return {
        weight: tf.transpose(turned),
        start: tf.zeros([rows.length, batch]),
        levels: l === 0 ? [] : layers[l - 1]!.to.map((level) => deepest - level).toReversed(),
        activate: (pulled, slope) => tf.mul(pulled, slope!),
        ...(l > 0 && { given: rowsAt(tf.transpose(slopes[l - 1]!), rows) }),
        ...(l > 0 && skipping >= 0 && { skipAfter: hidden - 1 - skipping }),
      }
    }),
  }
}
