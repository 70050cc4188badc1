/**
 * Short forms for the nodes that kernels are made of. Those that change nothing give their input back.
 */
import { sameShape, type Shape } from "@pushforward/core"
import {
  type BinaryOp,
  type DType,
  makeNode,
  type Node,
  type ReduceOp,
  type UnaryOp,
} from "../Graph.ts"

/** An elementwise operation of one input. */
export const unary = (op: UnaryOp, x: Node): Node => makeNode(op, [x], {})

/** An elementwise operation of two inputs. */
export const binary = (op: BinaryOp, a: Node, b: Node): Node => makeNode(op, [a, b], {})

export const add = (a: Node, b: Node): Node => binary("Add", a, b)
export const sub = (a: Node, b: Node): Node => binary("Sub", a, b)
export const mul = (a: Node, b: Node): Node => binary("Mul", a, b)
export const div = (a: Node, b: Node): Node => binary("Div", a, b)

/** A constant of one value everywhere, stored once. */
export const uniform = (value: number, shape: Shape, dtype: DType = "float32"): Node =>
  makeNode("Constant", [], { values: [value], shape: [...shape], dtype })

export const scalar = (value: number, dtype: DType = "float32"): Node => uniform(value, [], dtype)

export const cast = (x: Node, to: DType): Node =>
  x.dtype === to ? x : makeNode("Cast", [x], { to })

export const reshape = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : makeNode("Reshape", [x], { shape: [...shape] })

export const transpose = (x: Node, permutation: ReadonlyArray<number>): Node =>
  permutation.every((axis, i) => axis === i)
    ? x
    : makeNode("Transpose", [x], { permutation: [...permutation] })

export const expand = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : makeNode("Expand", [x], { shape: [...shape] })

export const slice = (
  x: Node,
  begin: ReadonlyArray<number>,
  sizes: ReadonlyArray<number>,
  strides: ReadonlyArray<number> = begin.map(() => 1),
): Node =>
  sameShape(x.shape, sizes) && strides.every((stride) => stride === 1)
    ? x
    : makeNode("Slice", [x], { begin: [...begin], sizes: [...sizes], strides: [...strides] })

/** From `begin` on, `size` elements of one axis, in steps of `stride`. */
export const sliceAxis = (x: Node, axis: number, begin: number, size: number, stride = 1): Node => {
  const at = <A>(other: A, here: A): ReadonlyArray<A> =>
    x.shape.map((_, i) => (i === axis ? here : other))
  return slice(
    x,
    at(0, begin),
    x.shape.map((n, i) => (i === axis ? size : n)),
    at(1, stride),
  )
}

export const concat = (parts: ReadonlyArray<Node>, axis: number): Node =>
  parts.length === 1 ? parts[0]! : makeNode("Concat", parts, { axis })

export const pad = (
  x: Node,
  before: ReadonlyArray<number>,
  after: ReadonlyArray<number>,
  value: number,
): Node =>
  before.every((n) => n === 0) && after.every((n) => n === 0)
    ? x
    : makeNode("Pad", [x], { before: [...before], after: [...after], value })

export const reduce = (
  op: ReduceOp,
  x: Node,
  axes: ReadonlyArray<number>,
  keepDims: boolean,
): Node => (axes.length === 0 ? x : makeNode(op, [x], { axes: [...axes], keepDims }))

export const where = (condition: Node, a: Node, b: Node): Node =>
  makeNode("Where", [condition, a, b], {})
