/**
 * Operations on each element.
 */
import { sameShape } from "@pushforward/core"
import type { BinaryOp, DType, Node, UnaryOp } from "../../Graph.ts"
import { broadcast } from "../../infer.ts"
import type { Value } from "../Scope.ts"
import { uniform } from "../uniform.ts"
import type { Writer } from "../Writer.ts"
import { atan2, expm1, log1p, sigmoid } from "./compose.ts"
import type { Rule } from "./Rule.ts"

type Unary = Rule<UnaryOp>
type Binary = Rule<BinaryOp>

/**
 * The inputs as one type. A constant of one number is written without axes where the others have the whole shape, so
 * that nothing of that shape is held for it.
 */
const operands = (
  writer: Writer,
  values: ReadonlyArray<Value>,
  node: Node,
  types: (input: Node, i: number) => DType,
): ReadonlyArray<Value> => {
  const shapes = node.inputs.map(({ shape }) => shape)
  return values.map((value, i) => {
    const input = node.inputs[i]!
    const type = types(input, i)
    const number = input.op === "Constant" ? uniform(input as Node<"Constant">) : undefined
    if (number === undefined || input.shape.length === 0)
      return writer.cast(value, input.dtype, type)
    const without = shapes.map((shape, j) => (j === i ? [] : shape))
    if (!sameShape(broadcast(...without), node.shape)) return writer.cast(value, input.dtype, type)
    shapes[i] = []
    return writer.scalar(type === "bool" ? Number(number !== 0) : number, type)
  })
}

/** A function of real numbers: whole numbers go there and back. */
const real =
  (f: (writer: Writer, x: Value) => Value): Unary =>
  (writer, [x], { inputs: [input], dtype }) =>
    writer.cast(f(writer, writer.cast(x!, input!.dtype, "float32")), "float32", dtype)

const realOp = (op: string): Unary => real(({ add }, x) => add(op, [x]))

/** An operation that ONNX has for numbers of both kinds, but not for `bool`. */
const numeric =
  (op: string): Unary =>
  (writer, [x], { inputs: [input], dtype }) => {
    const type = dtype === "bool" ? "int32" : dtype
    return writer.cast(writer.add(op, [writer.cast(x!, input!.dtype, type)]), type, dtype)
  }

/** Rounding: nothing to do for whole numbers. */
const rounding =
  (op: string): Unary =>
  ({ add }, [x], { dtype }) =>
    dtype === "float32" ? add(op, [x!]) : x!

/** A question about a real number. */
const question =
  (op: string): Unary =>
  (writer, [x], { inputs: [input] }) =>
    writer.add(op, [writer.cast(x!, input!.dtype, "float32")])

export const unaryRules: { readonly [K in UnaryOp]: Rule<K> } = {
  Neg: numeric("Neg"),
  Abs: numeric("Abs"),
  Sign: numeric("Sign"),
  Exp: realOp("Exp"),
  Expm1: real(expm1),
  Log: realOp("Log"),
  Log1p: real(log1p),
  Sqrt: realOp("Sqrt"),
  Reciprocal: realOp("Reciprocal"),
  Tanh: realOp("Tanh"),
  Sigmoid: real(sigmoid),
  Softplus: realOp("Softplus"),
  Erf: realOp("Erf"),
  Sin: realOp("Sin"),
  Cos: realOp("Cos"),
  Tan: realOp("Tan"),
  Asin: realOp("Asin"),
  Acos: realOp("Acos"),
  Atan: realOp("Atan"),
  Sinh: realOp("Sinh"),
  Cosh: realOp("Cosh"),
  Asinh: realOp("Asinh"),
  Acosh: realOp("Acosh"),
  Atanh: realOp("Atanh"),
  Floor: rounding("Floor"),
  Ceil: rounding("Ceil"),
  Round: rounding("Round"),
  IsNaN: question("IsNaN"),
  IsInf: question("IsInf"),
  Not: (writer, [x], { inputs: [input] }) =>
    writer.add("Not", [writer.cast(x!, input!.dtype, "bool")]),
}

/** The type in which two numbers meet. */
const meeting = (node: Node): DType =>
  node.inputs.some(({ dtype }) => dtype === "float32") ? "float32" : "int32"

const arithmetic =
  (f: (writer: Writer, a: Value, b: Value, type: DType) => Value): Binary =>
  (writer, values, node) => {
    const type = meeting(node)
    const [a, b] = operands(writer, values, node, () => type)
    return writer.cast(f(writer, a!, b!, type), type, node.dtype)
  }

const arithmeticOp = (op: string): Binary => arithmetic(({ add }, a, b) => add(op, [a, b]))

const comparison =
  (op: string): Binary =>
  (writer, values, node) => {
    const type = meeting(node)
    return writer.add(
      op,
      operands(writer, values, node, () => type),
    )
  }

const logical =
  (op: string): Binary =>
  (writer, values, node) =>
    writer.add(
      op,
      operands(writer, values, node, () => "bool"),
    )

/** `a − b ⌊a / b⌋`, which has the sign of `b`. ONNX' `Mod` has it for whole numbers only. */
const modulo = ({ add, scalar }: Writer, a: Value, b: Value, type: DType): Value => {
  if (type !== "float32") return add("Mod", [a, b])
  const rest = add("Mod", [a, b], { fmod: 1 })
  const zero = scalar(0)
  const wrongSide = add("Less", [add("Mul", [add("Sign", [rest]), add("Sign", [b])]), zero])
  return add("Add", [rest, add("Where", [wrongSide, b, zero])])
}

const floorDivision = (writer: Writer, a: Value, b: Value, type: DType): Value => {
  const { add } = writer
  // ONNX' `Div` of whole numbers cuts towards zero: without the rest it is exact.
  return type === "float32"
    ? add("Floor", [add("Div", [a, b])])
    : add("Div", [add("Sub", [a, modulo(writer, a, b, type)]), b])
}

export const binaryRules: { readonly [K in BinaryOp]: Rule<K> } = {
  Add: arithmeticOp("Add"),
  Sub: arithmeticOp("Sub"),
  Mul: arithmeticOp("Mul"),
  Div: arithmeticOp("Div"),
  FloorDiv: arithmetic(floorDivision),
  Mod: arithmetic(modulo),
  Pow: arithmeticOp("Pow"),
  Max: arithmeticOp("Max"),
  Min: arithmeticOp("Min"),
  Atan2: arithmetic((writer, y, x, type) =>
    writer.cast(
      atan2(writer, writer.cast(y, type, "float32"), writer.cast(x, type, "float32")),
      "float32",
      type,
    ),
  ),
  Equal: comparison("Equal"),
  Less: comparison("Less"),
  LessOrEqual: comparison("LessOrEqual"),
  Greater: comparison("Greater"),
  GreaterOrEqual: comparison("GreaterOrEqual"),
  And: logical("And"),
  Or: logical("Or"),
  Xor: logical("Xor"),
}

/** The runtime chooses among numbers only. */
export const where: Rule<"Where"> = (writer, values, node) => {
  const type = node.dtype === "bool" ? "int32" : node.dtype
  const chosen = operands(writer, values, node, (_, i) => (i === 0 ? "bool" : type))
  return writer.cast(writer.add("Where", chosen), type, node.dtype)
}
