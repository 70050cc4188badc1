/**
 * Functions that ONNX lacks, or whose kernels are not accurate enough, from those that it has. All on float32.
 */
import type { Value } from "../Scope.ts"
import type { Writer } from "../Writer.ts"

type Function1 = (writer: Writer, x: Value) => Value

/**
 * `1 / (1 + exp(−x))`. The runtime's own `Sigmoid` is flushed to zero below −18 and is wrong by 1 in 5,000 at −10, which
 * a logarithm behind it turns into −Infinity.
 */
export const sigmoid: Function1 = ({ add, scalar }, x) =>
  add("Reciprocal", [add("Add", [add("Exp", [add("Neg", [x])]), scalar(1)])])

/**
 * `log(1 + x)`: with `u = 1 + x` rounded, `log u + (x − (u − 1)) / u`, which makes up for the rounding.
 *
 * The clip keeps the second term finite where the first is not.
 */
export const log1p: Function1 = ({ add, scalar }, x) => {
  const one = scalar(1)
  const tame = add("Clip", [x, scalar(-1 + 2 ** -24), scalar(2 ** 60)])
  const u = add("Add", [tame, one])
  const lost = add("Sub", [tame, add("Sub", [u, one])])
  return add("Add", [add("Log", [add("Add", [x, one])]), add("Div", [lost, u])])
}

/** `exp(x) − 1 = tanh(x / 2) (exp(x) + 1)`: no difference of nearly equal numbers. */
export const expm1: Function1 = ({ add, scalar }, x) =>
  add("Mul", [
    add("Tanh", [add("Mul", [x, scalar(0.5)])]),
    add("Add", [add("Exp", [x]), scalar(1)]),
  ])

/** The angle of `(x, y)`: `atan(y / x)`, turned by π to the left of the axis; 0 at the origin. */
export const atan2 = ({ add, scalar }: Writer, y: Value, x: Value): Value => {
  const zero = scalar(0)
  const left = add("Less", [x, zero])
  const half = add("Where", [add("Less", [y, zero]), scalar(-Math.PI), scalar(Math.PI)])
  const angle = add("Add", [add("Atan", [add("Div", [y, x])]), add("Where", [left, half, zero])])
  const origin = add("And", [add("Equal", [x, zero]), add("Equal", [y, zero])])
  return add("Where", [origin, zero, angle])
}
