import type * as tf from "@tensorflow/tfjs-core"
import type { BinaryOp, Node, UnaryOp } from "../../Graph.ts"
import { binary, cast, expand, mul, reshape, sub, unary, where } from "../nodes.ts"
import { type Kernel, kernel, type Kernels } from "./Kernel.ts"

/** The result is float32, whatever the input. */
const toFloat = (op: UnaryOp): Kernel =>
  kernel<tf.UnaryInputs>(({ x }) => unary(op, cast(x, "float32")))

/** The result has the input's type. */
const sameType = (op: UnaryOp): Kernel => kernel<tf.UnaryInputs>(({ x }) => unary(op, x))

const pair = (op: BinaryOp): Kernel => kernel<tf.BinaryInputs>(({ a, b }) => binary(op, a, b))

const logical = (op: "And" | "Or" | "Xor"): Kernel =>
  kernel<tf.BinaryInputs>(({ a, b }) => binary(op, cast(a, "bool"), cast(b, "bool")))

const not = (x: Node): Node => unary("Not", cast(x, "bool"))

/** The condition of a `Select`; one of rank 1 chooses whole rows of its branches. */
const rows = (condition: Node, like: Node): Node =>
  condition.shape.length === 1 && like.shape.length > 1
    ? reshape(condition, [condition.shape[0]!, ...like.shape.slice(1).map(() => 1)])
    : condition

/** Elementwise kernels. */
export const elementwise: Kernels = {
  Exp: toFloat("Exp"),
  Expm1: toFloat("Expm1"),
  Log: toFloat("Log"),
  Log1p: toFloat("Log1p"),
  Sqrt: toFloat("Sqrt"),
  Reciprocal: toFloat("Reciprocal"),
  Tanh: toFloat("Tanh"),
  Sigmoid: toFloat("Sigmoid"),
  Softplus: toFloat("Softplus"),
  Erf: toFloat("Erf"),
  Sin: toFloat("Sin"),
  Cos: toFloat("Cos"),
  Tan: toFloat("Tan"),
  Asin: toFloat("Asin"),
  Acos: toFloat("Acos"),
  Atan: toFloat("Atan"),
  Sinh: toFloat("Sinh"),
  Cosh: toFloat("Cosh"),
  Asinh: toFloat("Asinh"),
  Acosh: toFloat("Acosh"),
  Atanh: toFloat("Atanh"),
  Neg: sameType("Neg"),
  Abs: sameType("Abs"),
  Sign: sameType("Sign"),
  Floor: sameType("Floor"),
  Ceil: sameType("Ceil"),
  Round: sameType("Round"),
  IsNan: sameType("IsNaN"),
  IsInf: sameType("IsInf"),
  IsFinite: kernel<tf.UnaryInputs>(({ x }) =>
    not(binary("Or", unary("IsNaN", x), unary("IsInf", x))),
  ),
  LogicalNot: kernel<tf.UnaryInputs>(({ x }) => not(x)),

  Add: pair("Add"),
  Sub: pair("Sub"),
  Multiply: pair("Mul"),
  RealDiv: kernel<tf.BinaryInputs>(({ a, b }) =>
    binary("Div", cast(a, "float32"), cast(b, "float32")),
  ),
  FloorDiv: kernel<tf.BinaryInputs>(({ a, b }) => cast(binary("FloorDiv", a, b), "int32")),
  Mod: pair("Mod"),
  Pow: pair("Pow"),
  Maximum: pair("Max"),
  Minimum: pair("Min"),
  Atan2: pair("Atan2"),
  SquaredDifference: kernel<tf.BinaryInputs>(({ a, b }) => {
    const difference = sub(a, b)
    return mul(difference, difference)
  }),
  Equal: pair("Equal"),
  NotEqual: kernel<tf.BinaryInputs>(({ a, b }) => unary("Not", binary("Equal", a, b))),
  Less: pair("Less"),
  LessEqual: pair("LessOrEqual"),
  Greater: pair("Greater"),
  GreaterEqual: pair("GreaterOrEqual"),
  LogicalAnd: logical("And"),
  LogicalOr: logical("Or"),
  LogicalXor: logical("Xor"),
  AddN: kernel<ReadonlyArray<tf.TensorInfo>>((terms) =>
    terms.reduce((sum, term) => binary("Add", sum, term)),
  ),

  Cast: kernel<tf.CastInputs, tf.CastAttrs>(({ x }, { dtype }) => cast(x, dtype as "float32")),
  Identity: kernel<tf.IdentityInputs>(({ x }) => x),
  Select: kernel<tf.SelectInputs>(({ condition, t, e }) => {
    const dtype = t.dtype === "float32" || e.dtype === "float32" ? "float32" : t.dtype
    return expand(where(rows(cast(condition, "bool"), t), cast(t, dtype), cast(e, dtype)), t.shape)
  }),
}
