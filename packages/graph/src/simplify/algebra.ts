import { sameShape, sizeOf } from "@pushforward/core"
import { makeNode, type Node } from "../Graph.ts"
import { constant, isUniform, mapConstant, scalar, uniform } from "./constants.ts"
import { expand, reshape } from "./identities.ts"
import { unaryOps } from "./operations.ts"
import { isOp, type Pass, type Rule, rule, rulePass } from "./Pass.ts"

type Pair = readonly [Node, Node]

const add = (a: Node, b: Node): Node => makeNode("Add", [a, b], {})
const sub = (a: Node, b: Node): Node => makeNode("Sub", [a, b], {})
const mul = (a: Node, b: Node): Node => makeNode("Mul", [a, b], {})
const div = (a: Node, b: Node): Node => makeNode("Div", [a, b], {})
const neg = (x: Node): Node => makeNode("Neg", [x], {})

/** `x` as the result of `node`, which does nothing to it but broadcasting. */
const as = (node: Node, x: Node): Node | undefined =>
  x.dtype === node.dtype ? expand(x, node.shape) : undefined

const isZero = (node: Node): boolean => isUniform(node, 0) || isUniform(node, -0)

const isConstant = (node: Node): node is Node<"Constant"> => node.op === "Constant"

/** The input of `neg(x)`. */
const negated = (node: Node): Node | undefined => (isOp(node, "Neg") ? node.inputs[0] : undefined)

/** Either input of a commutative operation that `find` finds something in, with the other. */
const either = <A>(
  [a, b]: Pair,
  find: (node: Node) => A | undefined,
): readonly [found: A, other: Node] | undefined => {
  const left = find(a)
  if (left !== undefined) return [left, b]
  const right = find(b)
  return right === undefined ? undefined : [right, a]
}

const where =
  (holds: (node: Node) => boolean) =>
  (node: Node): Node | undefined =>
    holds(node) ? node : undefined

/**
 * Factors that may be multiplied together, or be taken out of a sum: neither so large nor so small that what overflows
 * or vanishes with one of them alone is an honest number otherwise.
 */
const isModerate = (value: number): boolean =>
  Math.abs(value) <= 2 ** 24 && Math.abs(value) >= 2 ** -24

/** `x · c` with a moderate `c`. */
const scaled = (node: Node): readonly [x: Node, factor: number] | undefined => {
  if (!isOp(node, "Mul") || node.dtype !== "float32") return undefined
  const found = either(node.inputs as unknown as Pair, uniform)
  return found && isModerate(found[0]) && sameShape(found[1].shape, node.shape)
    ? [found[1], found[0]]
    : undefined
}

const inputsOf = (node: Node): Pair => node.inputs as unknown as Pair

/** The rules of {@link algebra}. */
export const algebraRules: ReadonlyArray<Rule> = [
  rule("x + 0", "Add", (node) => {
    const found = either(inputsOf(node), where(isZero))
    return found && as(node, found[1])
  }),
  rule("x - 0", "Sub", (node) => {
    const [x, y] = inputsOf(node)
    return isZero(y) ? as(node, x) : undefined
  }),
  rule("x * 1", "Mul", (node) => {
    const found = either(
      inputsOf(node),
      where((each) => isUniform(each, 1)),
    )
    return found && as(node, found[1])
  }),
  rule("x / 1, x ^ 1", ["Div", "Pow"], (node) => {
    const [x, y] = inputsOf(node)
    return isUniform(y, 1) && x.dtype === "float32" ? as(node, x) : undefined
  }),
  rule("x * -1", "Mul", (node) => {
    const found = either(
      inputsOf(node),
      where((each) => isUniform(each, -1)),
    )
    return found && sameShape(found[1].shape, node.shape) && found[1].dtype === node.dtype
      ? neg(found[1])
      : undefined
  }),
  rule("x / -1", "Div", (node) => {
    const [x, y] = inputsOf(node)
    return isUniform(y, -1) && sameShape(x.shape, node.shape) && x.dtype === "float32"
      ? neg(x)
      : undefined
  }),
  rule("0 - x", "Sub", (node) => {
    const [x, y] = inputsOf(node)
    return isZero(x) && sameShape(y.shape, node.shape) && y.dtype === node.dtype
      ? neg(y)
      : undefined
  }),
  rule("neg(neg(x))", "Neg", (node) => negated(node.inputs[0]!)),
  rule("x ^ 2", "Pow", (node) => {
    const [x, y] = inputsOf(node)
    return isUniform(y, 2) && sameShape(x.shape, node.shape) && x.dtype === node.dtype
      ? mul(x, x)
      : undefined
  }),
  rule("x ^ -1", "Pow", (node) => {
    const [x, y] = inputsOf(node)
    return isUniform(y, -1) && sameShape(x.shape, node.shape) && x.dtype === "float32"
      ? makeNode("Reciprocal", [x], {})
      : undefined
  }),
  rule("1 / x", "Div", (node) => {
    const [x, y] = inputsOf(node)
    return isUniform(x, 1) && sameShape(y.shape, node.shape) && y.dtype === "float32"
      ? makeNode("Reciprocal", [y], {})
      : undefined
  }),
  rule("x / c", "Div", (node) => {
    const [x, y] = inputsOf(node)
    if (!isConstant(y) || node.dtype !== "float32" || y.dtype !== "float32" || isConstant(x))
      return undefined
    const { values } = y.attributes
    for (let i = 0; i < values.length; i++) if (!isModerate(values[i]!)) return undefined
    return mul(
      x,
      mapConstant(y, (value) => 1 / value),
    )
  }),
  rule("x * (1 / y)", "Mul", (node, { uses }) => {
    const found = either(inputsOf(node), (each) =>
      isOp(each, "Reciprocal") && uses(each) === 1 ? each.inputs[0] : undefined,
    )
    return found && div(found[1], found[0])
  }),
  rule("x / (1 / y)", "Div", (node, { uses }) => {
    const [x, y] = inputsOf(node)
    return isOp(y, "Reciprocal") && uses(y) === 1 ? mul(x, y.inputs[0]!) : undefined
  }),
  rule("x + neg(y)", "Add", (node) => {
    const found = either(inputsOf(node), negated)
    return found && sub(found[1], found[0])
  }),
  rule("x - neg(y)", "Sub", (node) => {
    const [x, y] = inputsOf(node)
    const z = negated(y)
    return z && add(x, z)
  }),
  rule("neg(x - y)", "Neg", (node, { uses }) => {
    const [x] = node.inputs as [Node]
    return isOp(x, "Sub") && uses(x) === 1 ? sub(x.inputs[1]!, x.inputs[0]!) : undefined
  }),
  rule("neg(x) - y", "Sub", (node, { uses }) => {
    const [x, y] = inputsOf(node)
    const z = negated(x)
    return z && uses(x) === 1 && !isConstant(y) ? neg(add(z, y)) : undefined
  }),
  rule("neg(x) * neg(y)", ["Mul", "Div"], (node) => {
    const [x, y] = inputsOf(node).map(negated)
    return x && y && makeNode(node.op, [x, y], {})
  }),
  rule("neg(x) * c", ["Mul", "Div"], (node) => {
    const [x, y] = inputsOf(node)
    const [a, b] = [negated(x), negated(y)]
    if (a && isConstant(y)) return makeNode(node.op, [a, mapConstant(y, (value) => -value)], {})
    if (b && isConstant(x)) return makeNode(node.op, [mapConstant(x, (value) => -value), b], {})
    return undefined
  }),
  rule("neg(x * c)", "Neg", (node, { uses }) => {
    const [x] = node.inputs as [Node]
    if (!(isOp(x, "Mul") || isOp(x, "Div"))) return undefined
    const [a, b] = inputsOf(x)
    // A whole array of constants is not copied for a sign.
    if ([a, b].some((each) => isConstant(each) && uniform(each) === undefined) && uses(x) > 1)
      return undefined
    if (isConstant(b)) return makeNode(x.op, [a, mapConstant(b, (value) => -value)], {})
    if (isConstant(a)) return makeNode(x.op, [mapConstant(a, (value) => -value), b], {})
    return undefined
  }),
  // Outwards, where the sign may meet another.
  rule("neg(x) * y", ["Mul", "Div"], (node, { uses }) => {
    const [x, y] = inputsOf(node)
    const [a, b] = [negated(x), negated(y)]
    if (a && uses(x) === 1)
      return sizeOf(a.shape) === sizeOf(node.shape) ? neg(makeNode(node.op, [a, y], {})) : undefined
    if (b && uses(y) === 1)
      return sizeOf(b.shape) === sizeOf(node.shape) ? neg(makeNode(node.op, [x, b], {})) : undefined
    return undefined
  }),
  rule("odd(neg(x))", ["Tanh", "Erf", "Sinh", "Asinh", "Atan", "Reciprocal"], (node, { uses }) => {
    const [x] = node.inputs as [Node]
    const z = negated(x)
    return z && uses(x) === 1 ? neg(makeNode(node.op, [z], {})) : undefined
  }),
  rule("even(neg(x))", ["Abs", "Cosh", "Cos"], (node) => {
    const z = negated(node.inputs[0]!)
    return z && makeNode(node.op, [z], {})
  }),
  rule("neg(x) after moving", ["Reshape", "Transpose", "Slice"], (node, { uses }) => {
    const [x] = node.inputs as [Node]
    const z = negated(x)
    return z && uses(x) === 1 ? neg(makeNode(node.op, [z], node.attributes as never)) : undefined
  }),
  rule("x * c * d", "Mul", (node) => {
    const outer = scaled(node)
    const inner = outer && scaled(outer[0])
    return inner && isModerate(outer[1] * inner[1])
      ? mul(inner[0], scalar(outer[1] * inner[1]))
      : undefined
  }),
  // To the smaller one; else outwards, where the factor may meet another.
  rule("(x * c) * y", "Mul", (node, { uses }) => {
    if (inputsOf(node).some((each) => uniform(each) !== undefined)) return undefined
    const found = either(inputsOf(node), (each) => (uses(each) === 1 ? scaled(each) : undefined))
    if (!found) return undefined
    const [[x, factor], y] = found
    if (sizeOf(y.shape) < sizeOf(x.shape)) return mul(x, mul(y, scalar(factor)))
    return sameShape(x.shape, node.shape) ? mul(mul(x, y), scalar(factor)) : undefined
  }),
  rule("(x * y) * c", "Mul", (node, { uses }) => {
    const outer = scaled(node)
    if (!outer || !isOp(outer[0], "Mul") || uses(outer[0]) > 1) return undefined
    const [x, y] = inputsOf(outer[0])
    if (isConstant(x) || isConstant(y)) return undefined
    const size = sizeOf(node.shape)
    if (sizeOf(y.shape) < size) return mul(x, mul(y, scalar(outer[1])))
    return sizeOf(x.shape) < size ? mul(mul(x, scalar(outer[1])), y) : undefined
  }),
  rule("(x / y) * c", "Mul", (node, { uses }) => {
    const outer = scaled(node)
    if (!outer || !isOp(outer[0], "Div") || uses(outer[0]) > 1) return undefined
    const [x, y] = inputsOf(outer[0])
    return scaled(x) && uses(x) === 1 ? div(mul(x, scalar(outer[1])), y) : undefined
  }),
  // Downwards, where it may meet another; broadcasting needs none.
  rule(
    "function of reshape",
    [...unaryOps, "Add", "Sub", "Mul", "Div", "Max", "Min"],
    (node, { uses }) => {
      const [x, y] = node.inputs as [Node, Node | undefined]
      if (!isOp(x, "Reshape") || uses(x) > 1) return undefined
      const [inner] = x.inputs as [Node]
      if (y === undefined) return reshape(makeNode(node.op, [inner], {}), node.shape)
      if (!isConstant(y) || !sameShape(x.shape, node.shape)) return undefined
      const each = uniform(y)
      const other =
        each !== undefined && y.shape.length === 0
          ? y
          : sameShape(y.shape, x.shape)
            ? constant(y.attributes.values, inner.shape, y.dtype)
            : undefined
      return (
        other && makeNode("Reshape", [makeNode(node.op, [inner, other], {})], { shape: node.shape })
      )
    },
  ),
  rule("x + x", "Add", (node) => {
    const [x, y] = inputsOf(node)
    return x === y && node.dtype === "float32" ? mul(x, scalar(2)) : undefined
  }),
  rule("max(x, x)", ["Max", "Min", "And", "Or"], (node) => {
    const [x, y] = inputsOf(node)
    return x === y && x.dtype === node.dtype ? x : undefined
  }),
  rule("abs(abs(x))", "Abs", (node) => {
    const [x] = node.inputs as [Node]
    return isOp(x, "Abs") ? x : undefined
  }),
  rule("abs(x) * abs(x)", "Mul", (node) => {
    const [x, y] = inputsOf(node)
    return x === y && isOp(x, "Abs") ? mul(x.inputs[0]!, x.inputs[0]!) : undefined
  }),
  rule("not(not(x))", "Not", (node) => {
    const [x] = node.inputs as [Node]
    return isOp(x, "Not") && x.inputs[0]!.dtype === "bool" ? x.inputs[0] : undefined
  }),
  rule("where(constant, x, y)", "Where", (node) => {
    const value = uniform(node.inputs[0]!)
    return value === undefined ? undefined : as(node, node.inputs[value === 0 ? 2 : 1]!)
  }),
  rule("where(c, x, x)", "Where", (node) => {
    const [, x, y] = node.inputs as [Node, Node, Node]
    return x === y ? as(node, x) : undefined
  }),
  rule("where(not(c), x, y)", "Where", (node) => {
    const [c, x, y] = node.inputs as [Node, Node, Node]
    return isOp(c, "Not") && c.inputs[0]!.dtype === "bool" && x.dtype === y.dtype
      ? makeNode("Where", [c.inputs[0]!, y, x], {})
      : undefined
  }),
  rule("x and true, x or false", ["And", "Or"], (node) => {
    const found = either(
      inputsOf(node),
      where((each) => isUniform(each, node.op === "And" ? 1 : 0)),
    )
    return found && as(node, found[1])
  }),
  rule("x and false, x or true", ["And", "Or"], (node) =>
    inputsOf(node).some((each) => isUniform(each, node.op === "And" ? 0 : 1))
      ? constant([node.op === "And" ? 0 : 1], node.shape, "bool")
      : undefined,
  ),
]

/**
 * Rewrites arithmetic by the laws that floating point keeps.
 *
 * | before | after |
 * |---|---|
 * | `x + 0`, `x − 0`, `x · 1`, `x / 1`, `x ^ 1` | `x` |
 * | `0 − x`, `x · −1`, `−(−x)` | `−x`, `−x`, `x` |
 * | `x + −y`, `x − −y`, `−(x − y)`, `−x − y` | `x − y`, `x + y`, `y − x`, `−(x + y)` |
 * | `−x · −y`, `−x · c`, `−(x · c)` | `x · y`, `x · −c`, `x · −c`; the same for `/` |
 * | `−x · y`, `tanh(−x)` and other odd functions, `reshape(−x)` | `−(x · y)`, `−tanh(x)`, `−reshape(x)` |
 * | `abs(−x)`, `cos(−x)`, `abs(x) · abs(x)` | `abs(x)`, `cos(x)`, `x · x` |
 * | `x ^ 2`, `x ^ −1`, `1 / x` | `x · x`, `reciprocal(x)` |
 * | `x · reciprocal(y)`, `x / reciprocal(y)`, `x / c` | `x / y`, `x · y`, `x · (1/c)` |
 * | `x · c · d`, `x + x` | `x · (c d)`, `x · 2` |
 * | `(x · c) · y`, `(x · y) · c`, `((x · c) / y) · d` | `x · (y · c)` with the smaller `y`, else `(x · y) · c`; `(x · c d) / y` |
 * | `f(reshape(x))`, `reshape(x) + c` | `reshape(f(x))`, `reshape(x + c)`, when nothing else uses it |
 * | `where(true, x, y)`, `where(c, x, x)`, `where(¬c, x, y)` | `x`, `x`, `where(c, y, x)` |
 * | `max(x, x)`, `¬¬x`, `x ∧ true`, `x ∨ true` | `x`, `x`, `x`, `true` |
 *
 * - NaN and infinities come out where they did. `0 · x`, `x − x`, `x / x` and `log(exp(x))` stay as they are, for a NaN
 *   or an infinity in `x` would be lost; so does `(x + c) − d`, which people write to see the rounding
 * - Factors are only brought together between 2⁻²⁴ and 2²⁴, where one of them would overflow only next to an overflow
 * - The sign of a zero may change; the last bit may, where a division becomes a product or factors are brought together
 *
 * @category passes
 */
export const algebra: Pass = rulePass(algebraRules)
