/**
 * Shapes and types of results.
 */
import { sameShape, type Shape, showShape, sizeOf } from "@pushforward/core"
import type { BinaryOp, DType, Node, OpAttributes, OpName, ReduceOp, UnaryOp } from "./Graph.ts"
import { GraphError } from "./GraphError.ts"

interface Inferred {
  readonly shape: Shape
  readonly dtype: DType
}

type Inputs = ReadonlyArray<Node>
type Rules = { readonly [K in OpName]: (inputs: Inputs, attributes: OpAttributes[K]) => Inferred }

/** The shape of tensors that broadcast against each other, as in NumPy. */
export const broadcast = (...shapes: ReadonlyArray<Shape>): Shape => {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((shape) => shape[i - rank + shape.length] ?? 1).filter((n) => n !== 1)
    const [size = 1] = sizes
    if (sizes.some((n) => n !== size)) {
      throw new GraphError(
        `shapes ${shapes.map(showShape).join(" and ")} do not broadcast. Make the sizes agree.`,
      )
    }
    return size
  })
}

const like = ([x]: Inputs): Inferred => ({ shape: x!.shape, dtype: x!.dtype })
const asBool = ([x]: Inputs): Inferred => ({ shape: x!.shape, dtype: "bool" })

const arithmetic = ([a, b]: Inputs): Inferred => ({
  shape: broadcast(a!.shape, b!.shape),
  dtype: a!.dtype === "float32" || b!.dtype === "float32" ? "float32" : a!.dtype,
})
const comparison = ([a, b]: Inputs): Inferred => ({
  shape: broadcast(a!.shape, b!.shape),
  dtype: "bool",
})

const reduction = ([x]: Inputs, { axes, keepDims }: OpAttributes[ReduceOp]): Inferred => ({
  shape: x!.shape.flatMap((n, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [n])),
  dtype: x!.dtype,
})

const index = ([x]: Inputs, { axis }: OpAttributes["ArgMax"]): Inferred => ({
  shape: x!.shape.filter((_, i) => i !== axis),
  dtype: "int32",
})

const unary: Readonly<Record<Exclude<UnaryOp, "IsNaN" | "IsInf" | "Not">, Rules[UnaryOp]>> = {
  Neg: like,
  Abs: like,
  Sign: like,
  Exp: like,
  Expm1: like,
  Log: like,
  Log1p: like,
  Sqrt: like,
  Reciprocal: like,
  Tanh: like,
  Sigmoid: like,
  Softplus: like,
  Erf: like,
  Sin: like,
  Cos: like,
  Tan: like,
  Asin: like,
  Acos: like,
  Atan: like,
  Sinh: like,
  Cosh: like,
  Asinh: like,
  Acosh: like,
  Atanh: like,
  Floor: like,
  Ceil: like,
  Round: like,
}

const binary: Readonly<Record<BinaryOp, Rules[BinaryOp]>> = {
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Div: arithmetic,
  FloorDiv: arithmetic,
  Mod: arithmetic,
  Pow: arithmetic,
  Max: arithmetic,
  Min: arithmetic,
  Atan2: arithmetic,
  Equal: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  Greater: comparison,
  GreaterOrEqual: comparison,
  And: comparison,
  Or: comparison,
  Xor: comparison,
}

const rules: Rules = {
  ...unary,
  IsNaN: asBool,
  IsInf: asBool,
  Not: asBool,
  ...binary,
  ReduceSum: reduction,
  ReduceProd: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceAll: reduction,
  ReduceAny: reduction,
  Input: (_, { shape, dtype }) => ({ shape, dtype }),
  Constant: (_, { shape, dtype }) => ({ shape, dtype }),
  Cast: ([x], { to }) => ({ shape: x!.shape, dtype: to }),
  Where: ([condition, a, b]) => ({
    shape: broadcast(condition!.shape, a!.shape, b!.shape),
    dtype: a!.dtype,
  }),
  MatMul: ([a, b], { transposeA, transposeB }) => {
    const [rows, inner] = lastTwo(a!.shape, transposeA)
    const [innerToo, columns] = lastTwo(b!.shape, transposeB)
    if (inner !== innerToo) {
      throw new GraphError(
        `MatMul: shapes ${showShape(a!.shape)} and ${showShape(b!.shape)} do not multiply. Make the inner sizes agree.`,
      )
    }
    return {
      shape: [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), rows, columns],
      dtype: a!.dtype,
    }
  },
  Reshape: ([x], { shape }) => {
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new GraphError(
        `Reshape: ${showShape(x!.shape)} does not have the elements of ${showShape(shape)}. Keep the number of elements.`,
      )
    }
    return { shape, dtype: x!.dtype }
  },
  Transpose: ([x], { permutation }) => ({
    shape: permutation.map((axis) => x!.shape[axis]!),
    dtype: x!.dtype,
  }),
  Expand: ([x], { shape }) => {
    if (!sameShape(broadcast(x!.shape, shape), shape)) {
      throw new GraphError(`Expand: ${showShape(x!.shape)} does not expand to ${showShape(shape)}.`)
    }
    return { shape, dtype: x!.dtype }
  },
  Slice: ([x], { sizes }) => ({ shape: sizes, dtype: x!.dtype }),
  Concat: (inputs, { axis }) => ({
    shape: inputs[0]!.shape.map((n, i) =>
      i === axis ? inputs.reduce((sum, input) => sum + input.shape[i]!, 0) : n,
    ),
    dtype: inputs[0]!.dtype,
  }),
  Pad: ([x], { before, after }) => ({
    shape: x!.shape.map((n, i) => n + before[i]! + after[i]!),
    dtype: x!.dtype,
  }),
  Tile: ([x], { repeats }) => ({ shape: x!.shape.map((n, i) => n * repeats[i]!), dtype: x!.dtype }),
  Gather: ([x, places], { axis }) => ({
    shape: [...x!.shape.slice(0, axis), ...places!.shape, ...x!.shape.slice(axis + 1)],
    dtype: x!.dtype,
  }),
  ScatterAdd: ([x, places], { count }) => ({
    shape: [count, ...x!.shape.slice(places!.shape.length)],
    dtype: x!.dtype,
  }),
  CumSum: like,
  ArgMax: index,
  ArgMin: index,
  Scan: (inputs, { body, carry, slices }) => {
    const expected = inputs.map(({ shape }, i) =>
      i < carry || i >= carry + slices ? shape : shape.slice(1),
    )
    const fit =
      slices > 0 &&
      inputs.length === body.inputs.length &&
      body.outputs.length === carry + 1 &&
      body.inputs.every(
        ({ shape, dtype }, i) => sameShape(shape, expected[i]!) && dtype === inputs[i]!.dtype,
      ) &&
      body.inputs.slice(0, carry).every(({ shape, dtype }, i) => {
        const next = body.outputs[i]!
        return sameShape(shape, next.shape) && dtype === next.dtype
      })
    if (!fit) {
      throw new GraphError(
        `Scan: a body of ${body.inputs.length} inputs and ${body.outputs.length} outputs does not fit ${inputs.length} ` +
          `inputs, ${carry} of them carried and ${slices} in slices. Give it as many, of the same shapes and types.`,
      )
    }
    const output = body.outputs[carry]!
    return { shape: [inputs[carry]!.shape[0]!, ...output.shape], dtype: output.dtype }
  },
}

const lastTwo = (shape: Shape, swap: boolean): readonly [number, number] => {
  const [a, b] = shape.slice(-2) as [number, number]
  return swap ? [b, a] : [a, b]
}

/** The shape and type that `op` gives. Throws {@link GraphError} for inputs that do not fit. */
export const infer = <K extends OpName>(
  op: K,
  inputs: Inputs,
  attributes: OpAttributes[K],
): Inferred => rules[op](inputs, attributes)
