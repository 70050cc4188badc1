/**
 * Sizes of graphs with an unknown batch size `n`: multiples of `graph.dynamic` stand for multiples of `n`.
 */
import type { Shape } from "@pushforward/core"

/** The names of attributes that count elements, and so may be multiples of the batch size. */
export const sizeAttributes: ReadonlySet<string> = new Set([
  "shape",
  "sizes",
  "begin",
  "before",
  "after",
  "repeats",
  "count",
])

/** How many times the batch size a size is; `undefined` for a fixed one. */
export const timesDynamic = (size: number, dynamic: number | undefined): number | undefined =>
  dynamic !== undefined && size > 0 && size % dynamic === 0 ? size / dynamic : undefined

/** A size when the graph runs with a batch of `n`. */
export const resolveSize = (size: number, dynamic: number | undefined, n: number): number => {
  const times = timesDynamic(size, dynamic)
  return times === undefined ? size : times * n
}

/** A shape as people read it: `[2n, 3]`. */
export const showSizes = (shape: Shape, dynamic?: number): string => {
  const show = (size: number): string => {
    const times = timesDynamic(size, dynamic)
    return times === undefined ? String(size) : times === 1 ? "n" : `${times}n`
  }
  return `[${shape.map(show).join(", ")}]`
}
