import { sameShape, sizeOf } from "@pushforward/core"
import type { BinaryOp, UnaryOp } from "../Graph.ts"
import { fitInt32, type Operation, type Operations } from "./Operation.ts"
import { erf, roundHalfEven, sigmoid, softplus } from "./specialFunctions.ts"
import { broadcastSteps, isUniform, stepsOf, type Value } from "./Value.ts"
import { walk } from "./walk.ts"

const each =
  (f: (x: number) => number): Operation<UnaryOp> =>
  ([x], _, { dtype }) => {
    const { values } = x!
    const out = new Float64Array(values.length)
    for (let i = 0; i < out.length; i++) out[i] = f(values[i]!)
    return dtype === "int32" ? fitInt32(out) : out
  }

/** Computes `count` elements from `at` on; `i`, `j` and `di`, `dj` say where and how the operands are read. */
type Row = (
  out: Float64Array,
  at: number,
  count: number,
  a: Float64Array,
  i: number,
  di: number,
  b: Float64Array,
  j: number,
  dj: number,
) => void

const rowOf =
  (f: (a: number, b: number) => number): Row =>
  (out, at, count, a, i, di, b, j, dj) => {
    for (let k = 0; k < count; k++) out[at + k] = f(a[i + k * di]!, b[j + k * dj]!)
  }

// The commonest have loops of their own: a call for each element is several times as slow.
const addRow: Row = (out, at, count, a, i, di, b, j, dj) => {
  for (let k = 0; k < count; k++) out[at + k] = a[i + k * di]! + b[j + k * dj]!
}
const subRow: Row = (out, at, count, a, i, di, b, j, dj) => {
  for (let k = 0; k < count; k++) out[at + k] = a[i + k * di]! - b[j + k * dj]!
}
const mulRow: Row = (out, at, count, a, i, di, b, j, dj) => {
  for (let k = 0; k < count; k++) out[at + k] = a[i + k * di]! * b[j + k * dj]!
}
const divRow: Row = (out, at, count, a, i, di, b, j, dj) => {
  for (let k = 0; k < count; k++) out[at + k] = a[i + k * di]! / b[j + k * dj]!
}

const pairs =
  (row: Row): Operation<BinaryOp> =>
  ([a, b], _, { shape, dtype }) => {
    const [left, right] = [a!.values, b!.values]
    const uniform = isUniform(a!) && isUniform(b!) && !shape.includes(0)
    const out = new Float64Array(uniform ? 1 : sizeOf(shape))
    if (uniform) {
      row(out, 0, 1, left, 0, 0, right, 0, 0)
    } else if (sameShape(a!.shape, b!.shape) && left.length === right.length) {
      row(out, 0, out.length, left, 0, 1, right, 0, 1)
    } else {
      const paths = [
        { start: 0, steps: stepsOf(shape) },
        { start: 0, steps: broadcastSteps(a!, shape) },
        { start: 0, steps: broadcastSteps(b!, shape) },
      ]
      walk(shape, paths, (count, [at, i, j], [, di, dj]) => {
        row(out, at!, count, left, i!, di!, right, j!, dj!)
      })
    }
    return dtype === "int32" ? fitInt32(out) : out
  }

const pair = (f: (a: number, b: number) => number): Operation<BinaryOp> => pairs(rowOf(f))

const compare = (f: (a: number, b: number) => boolean): Operation<BinaryOp> =>
  pairs(rowOf((a, b) => (f(a, b) ? 1 : 0)))

/** The remainder with the divisor's sign. */
const floorMod = (a: number, b: number): number => {
  const rest = a % b
  return (a < 0 && b < 0) || (a >= 0 && b >= 0) ? rest : (rest + b) % b
}

const choose = (
  [condition, a, b]: ReadonlyArray<Value>,
  shape: ReadonlyArray<number>,
): Float64Array => {
  const [test, left, right] = [condition!.values, a!.values, b!.values]
  const out = new Float64Array(sizeOf(shape))
  const paths = [
    { start: 0, steps: stepsOf(shape) },
    ...[condition!, a!, b!].map((value) => ({ start: 0, steps: broadcastSteps(value, shape) })),
  ]
  walk(shape, paths, (count, at, steps) => {
    const [to, c, i, j] = at as [number, number, number, number]
    const [, dc, di, dj] = steps as [number, number, number, number]
    for (let k = 0; k < count; k++) {
      const no = test[c + k * dc] === 0
      out[to + k] = no ? right[j + k * dj]! : left[i + k * di]!
    }
  })
  return out
}

/** Elementwise operations. */
export const elementwise: Operations<UnaryOp | BinaryOp | "Cast" | "Where"> = {
  Neg: each((x) => -x),
  Abs: each(Math.abs),
  Sign: each((x) => (x > 0 ? 1 : x < 0 ? -1 : 0)),
  Exp: each(Math.exp),
  Expm1: each(Math.expm1),
  Log: each(Math.log),
  Log1p: each(Math.log1p),
  Sqrt: each(Math.sqrt),
  Reciprocal: each((x) => 1 / x),
  Tanh: each(Math.tanh),
  Sigmoid: each(sigmoid),
  Softplus: each(softplus),
  Erf: each(erf),
  Sin: each(Math.sin),
  Cos: each(Math.cos),
  Tan: each(Math.tan),
  Asin: each(Math.asin),
  Acos: each(Math.acos),
  Atan: each(Math.atan),
  Sinh: each(Math.sinh),
  Cosh: each(Math.cosh),
  Asinh: each(Math.asinh),
  Acosh: each(Math.acosh),
  Atanh: each(Math.atanh),
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Round: each(roundHalfEven),
  IsNaN: each((x) => (Number.isNaN(x) ? 1 : 0)),
  IsInf: each((x) => (Math.abs(x) === Infinity ? 1 : 0)),
  Not: each((x) => (x === 0 ? 1 : 0)),

  Add: pairs(addRow),
  Sub: pairs(subRow),
  Mul: pairs(mulRow),
  Div: pairs(divRow),
  FloorDiv: pair((a, b) => Math.floor(a / b)),
  Mod: pair(floorMod),
  Pow: pair((a, b) => a ** b),
  Max: pair((a, b) => Math.max(a, b)),
  Min: pair((a, b) => Math.min(a, b)),
  Atan2: pair((a, b) => Math.atan2(a, b)),
  Equal: compare((a, b) => a === b),
  Less: compare((a, b) => a < b),
  LessOrEqual: compare((a, b) => a <= b),
  Greater: compare((a, b) => a > b),
  GreaterOrEqual: compare((a, b) => a >= b),
  And: compare((a, b) => a !== 0 && b !== 0),
  Or: compare((a, b) => a !== 0 || b !== 0),
  Xor: compare((a, b) => (a !== 0) !== (b !== 0)),

  // To float32 nothing is rounded: this is the float64 reading of the graph.
  Cast: ([x], { to }) =>
    to === "int32"
      ? fitInt32(x!.values.slice())
      : to === "bool"
        ? x!.values.map((value) => (value === 0 ? 0 : 1))
        : x!.values,
  Where: (inputs, _, { shape }) => choose(inputs, shape),
}
