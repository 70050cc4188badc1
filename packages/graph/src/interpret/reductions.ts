import { sizeOf } from "@pushforward/core"
import type { OpAttributes, ReduceOp } from "../Graph.ts"
import { fitInt32, type Operation, type Operations } from "./Operation.ts"
import { broadcastSteps, dense, stepsOf, type Value } from "./Value.ts"
import { walk } from "./walk.ts"

/** Folds the axes with `f`, beginning from `empty`. */
const fold =
  (empty: number, f: (sum: number, x: number) => number): Operation<ReduceOp> =>
  ([x], { axes }, { shape, dtype }) => {
    const out = new Float64Array(sizeOf(shape)).fill(empty)
    const kept = x!.shape.map((n, axis) => (axes.includes(axis) ? 1 : n))
    const steps = stepsOf(kept)
    const { values } = x!
    const paths = [
      { start: 0, steps: broadcastSteps(x!, x!.shape) },
      { start: 0, steps: kept.map((_, axis) => (axes.includes(axis) ? 0 : steps[axis]!)) },
    ]
    walk(x!.shape, paths, (count, [from, to], [di, dj]) => {
      if (dj === 0) {
        let sum = out[to!]!
        for (let k = 0; k < count; k++) sum = f(sum, values[from! + k * di!]!)
        out[to!] = sum
      } else {
        for (let k = 0; k < count; k++) {
          const place = to! + k * dj!
          out[place] = f(out[place]!, values[from! + k * di!]!)
        }
      }
    })
    return dtype === "int32" ? fitInt32(out) : out
  }

/** The sizes before, along and after an axis. */
const around = ({ shape }: Value, axis: number): readonly [number, number, number] => [
  sizeOf(shape.slice(0, axis)),
  shape[axis]!,
  sizeOf(shape.slice(axis + 1)),
]

const best =
  (better: (x: number, than: number) => boolean): Operation<"ArgMax" | "ArgMin"> =>
  ([x], { axis }) => {
    const [outer, size, inner] = around(x!, axis)
    const values = dense(x!)
    const out = new Float64Array(outer * inner)
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < inner; j++) {
        const start = i * size * inner + j
        let place = 0
        for (let k = 1; k < size; k++) {
          if (better(values[start + k * inner]!, values[start + place * inner]!)) place = k
        }
        out[i * inner + j] = place
      }
    }
    return out
  }

const cumulativeSum = (
  x: Value,
  { axis, exclusive, reverse }: OpAttributes["CumSum"],
): Float64Array => {
  const [outer, size, inner] = around(x, axis)
  const values = dense(x)
  const out = new Float64Array(values.length)
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let sum = 0
      for (let k = 0; k < size; k++) {
        const place = (i * size + (reverse ? size - 1 - k : k)) * inner + j
        if (exclusive) out[place] = sum
        sum += values[place]!
        if (!exclusive) out[place] = sum
      }
    }
  }
  return out
}

/** Operations that reduce axes, or accumulate along one. */
export const reductions: Operations<ReduceOp | "CumSum" | "ArgMax" | "ArgMin"> = {
  ReduceSum: fold(0, (sum, x) => sum + x),
  ReduceProd: fold(1, (product, x) => product * x),
  ReduceMax: fold(-Infinity, (most, x) => Math.max(most, x)),
  ReduceMin: fold(Infinity, (least, x) => Math.min(least, x)),
  ReduceAll: fold(1, (all, x) => (all !== 0 && x !== 0 ? 1 : 0)),
  ReduceAny: fold(0, (any, x) => (any !== 0 || x !== 0 ? 1 : 0)),
  CumSum: ([x], attributes, { dtype }) => {
    const out = cumulativeSum(x!, attributes)
    return dtype === "int32" ? fitInt32(out) : out
  },
  ArgMax: best((x, than) => x > than),
  ArgMin: best((x, than) => x < than),
}
