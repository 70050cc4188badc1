import type { Shape } from "@pushforward/core"

/** One way to go through memory: where it starts and how far one step along each axis is. */
export interface Path {
  readonly start: number
  readonly steps: ReadonlyArray<number>
}

/** Called for runs of `count` elements: where each path stands, and its step within the run. */
export type Run = (count: number, at: ReadonlyArray<number>, steps: ReadonlyArray<number>) => void

interface Axis {
  size: number
  readonly steps: Array<number>
}

/** Drops axes of size 1 and joins neighbours that all paths cross without a jump, so that runs are long. */
const joined = (shape: Shape, paths: ReadonlyArray<Path>): ReadonlyArray<Axis> => {
  const axes: Array<Axis> = []
  shape.forEach((size, i) => {
    if (size === 1) return
    const steps = paths.map((path) => path.steps[i]!)
    const outer = axes.at(-1)
    if (outer?.steps.every((step, k) => step === steps[k]! * size)) {
      outer.size *= size
      steps.forEach((step, k) => (outer.steps[k] = step))
    } else {
      axes.push({ size, steps })
    }
  })
  return axes
}

/** Walks all elements of `shape` in row-major order along several paths at once, in runs along the last axis. */
export const walk = (shape: Shape, paths: ReadonlyArray<Path>, run: Run): void => {
  if (shape.includes(0)) return
  const axes = joined(shape, paths)
  const at = paths.map((path) => path.start)
  const last = axes.at(-1)
  if (last === undefined)
    return run(
      1,
      at,
      paths.map(() => 0),
    )
  const outer = axes.slice(0, -1)
  const index = outer.map(() => 0)
  for (;;) {
    run(last.size, at, last.steps)
    let axis = outer.length - 1
    for (; axis >= 0; axis--) {
      const { size, steps } = outer[axis]!
      index[axis]! += 1
      const back = index[axis] === size
      for (let k = 0; k < at.length; k++) at[k]! += back ? steps[k]! * (1 - size) : steps[k]!
      if (!back) break
      index[axis] = 0
    }
    if (axis < 0) return
  }
}
