import * as tf from "@tensorflow/tfjs-core"
import type { LevelSystem, Part, Range, Solved } from "./LevelSystem.ts"
import { plusProduct, rowsBetween, stacked, startsOfSystem } from "./rows.ts"
import { solveInGroups } from "./solveInGroups.ts"

/** Up to this many levels are solved one by one; more of them in a loop over groups. */
const fewLevels = 16

/** Levels that one loop solves at most. More of them make it carry more; fewer, more loops. */
const loopLevels = 64

/**
 * Solves a system level after level.
 *
 * **Details**
 *
 * - Every weight is used once: a range of levels is solved half by half, and what the first half adds to the rows of the
 *   second is one product for each layer. The `L` levels stay sequential
 * - From {@link fewLevels} on, ranges of levels are solved by {@link solveInGroups}, so that the size of a traced graph
 *   does not grow with the number of levels
 * - No gradient: see `autoregressiveSolution`
 */
export const solveLevels = (system: LevelSystem): Solved => {
  const { layers, given } = system
  const starts = startsOfSystem(system)
  const { count } = starts
  /** The weights of rows of levels `to` for sources of levels `from`. */
  const weightsAt = (l: number, to: Range, from: Range): tf.Tensor2D => {
    const [rows, sources] = [starts.rows[l]!, starts.sources[l]!]
    const [top, left] = [rows[to[0]]!, sources[from[0]]!]
    return tf.slice(layers[l]!.weight, [top, left], [rows[to[1]]! - top, sources[from[1]]! - left])
  }

  const solveOne = (level: number, pending: Part["sources"]): Part => {
    const at = (x: tf.Tensor2D | undefined, begins: ReadonlyArray<number>) =>
      rowsBetween(x, begins[level]!, begins[level + 1]!)
    const raw = pending.at(-1)
    const here = at(given, starts.given)
    const unknowns = raw && here && system.solve(raw, here)
    const sources = [unknowns && here && system.feed(unknowns, here)]
    const results: Array<tf.Tensor2D | undefined> = []
    layers.slice(0, -1).forEach((layer, l) => {
      const own: Range = [level, level + 1]
      const result = plusProduct(pending[l], () => weightsAt(l, own, own), sources[l])
      const skipped = layer.skip === undefined ? undefined : results[layer.skip]
      const sum: tf.Tensor2D | undefined = result && skipped ? tf.add(result, skipped) : result
      results.push(sum)
      const source = sum && layer.activate(sum, at(layer.given, starts.rows[l]!))
      const after = layer.skipAfter === undefined ? undefined : sources[layer.skipAfter + 1]
      sources.push(source && after ? tf.add(source, after) : source)
    })
    return { unknowns, raw, sources }
  }

  const solve = (from: number, to: number, pending: Part["sources"]): Part => {
    if (to - from === 1) return solveOne(from, pending)
    if (count > fewLevels && from > 0 && to - from <= loopLevels) {
      return solveInGroups(solveLevels, system, starts, [from, to], pending)
    }
    // Level 0 by itself: it has no unknowns.
    const middle = from === 0 && count > fewLevels ? 1 : Math.ceil((from + to) / 2)
    const halves = pending.map((rows, l) => {
      const begins = starts.rows[l]!
      const [size, total] = [begins[middle]! - begins[from]!, begins[to]! - begins[from]!]
      return [rowsBetween(rows, 0, size), rowsBetween(rows, size, total)] as const
    })
    const first = solve(
      from,
      middle,
      halves.map(([rows]) => rows),
    )
    const second = solve(
      middle,
      to,
      halves.map(([, rows], l) =>
        plusProduct(rows, () => weightsAt(l, [middle, to], [from, middle]), first.sources[l]),
      ),
    )
    return {
      unknowns: stacked([first.unknowns, second.unknowns]),
      raw: stacked([first.raw, second.raw]),
      sources: first.sources.map((rows, l) => stacked([rows, second.sources[l]])),
    }
  }
  return solve(
    0,
    count,
    layers.map(({ start }) => start),
  ) as Solved
}
