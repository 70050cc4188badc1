import { type Shape, sizeOf } from "@pushforward/core"
import type { Operations } from "./Operation.ts"
import { broadcastSteps, dense, isUniform, stepsOf, type Value } from "./Value.ts"
import { type Path, walk } from "./walk.ts"

/** Fills a tensor of `shape` by reading `from` along a path. */
const read = (shape: Shape, from: Float64Array, path: Path): Float64Array => {
  const out = new Float64Array(sizeOf(shape))
  walk(shape, [{ start: 0, steps: stepsOf(shape) }, path], (count, [at, i], [, di]) => {
    for (let k = 0; k < count; k++) out[at! + k] = from[i! + k * di!]!
  })
  return out
}

const concat = (parts: ReadonlyArray<Value>, axis: number, shape: Shape): Float64Array => {
  const out = new Float64Array(sizeOf(shape))
  const row = sizeOf(shape.slice(axis))
  const outer = sizeOf(shape.slice(0, axis))
  let start = 0
  for (const part of parts) {
    const values = dense(part)
    const size = sizeOf(part.shape.slice(axis))
    for (let i = 0; i < outer; i++)
      out.set(values.subarray(i * size, (i + 1) * size), i * row + start)
    start += size
  }
  return out
}

/** Operations that move elements and compute nothing. */
export const movement: Operations<
  "Reshape" | "Transpose" | "Expand" | "Slice" | "Concat" | "Pad" | "Tile"
> = {
  Reshape: ([x]) => x!.values,
  Transpose: ([x], { permutation }, { shape }) => {
    if (isUniform(x!)) return x!.values
    const steps = stepsOf(x!.shape)
    return read(shape, x!.values, { start: 0, steps: permutation.map((axis) => steps[axis]!) })
  },
  Expand: ([x], _, { shape }) =>
    isUniform(x!)
      ? x!.values
      : read(shape, x!.values, { start: 0, steps: broadcastSteps(x!, shape) }),
  Slice: ([x], { begin, strides }, { shape }) => {
    if (isUniform(x!)) return x!.values
    const steps = stepsOf(x!.shape)
    return read(shape, x!.values, {
      start: begin.reduce((start, from, axis) => start + from * steps[axis]!, 0),
      steps: strides.map((stride, axis) => stride * steps[axis]!),
    })
  },
  Concat: (parts, { axis }, { shape }) => concat(parts, axis, shape),
  Pad: ([x], { before, value }, { shape }) => {
    const out = new Float64Array(sizeOf(shape)).fill(value)
    const steps = stepsOf(shape)
    const values = dense(x!)
    const start = before.reduce((sum, skip, axis) => sum + skip * steps[axis]!, 0)
    const paths = [
      { start, steps },
      { start: 0, steps: stepsOf(x!.shape) },
    ]
    walk(x!.shape, paths, (count, [at, i], [da, di]) => {
      for (let k = 0; k < count; k++) out[at! + k * da!] = values[i! + k * di!]!
    })
    return out
  },
  Tile: ([x], { repeats }) => {
    if (isUniform(x!)) return x!.values
    const steps = stepsOf(x!.shape)
    // Each axis becomes two: its repetitions, and itself.
    const split = x!.shape.flatMap((n, axis) => [repeats[axis]!, n])
    return read(split, x!.values, {
      start: 0,
      steps: x!.shape.flatMap((_, axis) => [0, steps[axis]!]),
    })
  },
}
