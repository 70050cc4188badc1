/**
 * Which operations act elementwise, and which may swap their inputs.
 */
import type { BinaryOp, OpName, ReduceOp, UnaryOp } from "../Graph.ts"

export const unaryOps = [
  "Neg",
  "Abs",
  "Sign",
  "Exp",
  "Expm1",
  "Log",
  "Log1p",
  "Sqrt",
  "Reciprocal",
  "Tanh",
  "Sigmoid",
  "Softplus",
  "Erf",
  "Sin",
  "Cos",
  "Tan",
  "Asin",
  "Acos",
  "Atan",
  "Sinh",
  "Cosh",
  "Asinh",
  "Acosh",
  "Atanh",
  "Floor",
  "Ceil",
  "Round",
  "IsNaN",
  "IsInf",
  "Not",
] as const satisfies ReadonlyArray<UnaryOp>

const binaryOps = [
  "Add",
  "Sub",
  "Mul",
  "Div",
  "FloorDiv",
  "Mod",
  "Pow",
  "Max",
  "Min",
  "Atan2",
  "Equal",
  "Less",
  "LessOrEqual",
  "Greater",
  "GreaterOrEqual",
  "And",
  "Or",
  "Xor",
] as const satisfies ReadonlyArray<BinaryOp>

/** Binary operations with `f(a, b) = f(b, a)`. */
export const commutativeOps = [
  "Add",
  "Mul",
  "Max",
  "Min",
  "Equal",
  "And",
  "Or",
  "Xor",
] as const satisfies ReadonlyArray<BinaryOp>

export const reduceOps = [
  "ReduceSum",
  "ReduceProd",
  "ReduceMax",
  "ReduceMin",
  "ReduceAll",
  "ReduceAny",
] as const satisfies ReadonlyArray<ReduceOp>

/** Operations that act on each element by itself, their inputs broadcasting. */
export const elementwiseOps = [...binaryOps, "Where"] as const satisfies ReadonlyArray<OpName>
