import { sameShape, type Shape, sizeOf } from "@pushforward/core"
import { makeNode, type Node, type ReduceOp } from "../Graph.ts"
import { scalar, uniform } from "./constants.ts"
import { reshape } from "./identities.ts"
import { reduceOps } from "./operations.ts"
import { isOp, type Pass, type Rule, rule, rulePass } from "./Pass.ts"

const reduceNames: ReadonlySet<string> = new Set(reduceOps)

const isReduce = (node: Node): node is Node<ReduceOp> => reduceNames.has(node.op)

/** The axes of `shape` that are not in `axes`. */
const others = (shape: Shape, axes: ReadonlyArray<number>): ReadonlyArray<number> =>
  shape.map((_, i) => i).filter((i) => !axes.includes(i))

/** The rules of {@link reductions}. */
export const reductionRules: ReadonlyArray<Rule> = [
  rule("reduction of axes of size 1", reduceOps, (node) => {
    const [x] = node.inputs as [Node]
    return node.attributes.axes.every((axis) => x.shape[axis] === 1)
      ? reshape(x, node.shape)
      : undefined
  }),
  rule("reduction of reduction", reduceOps, (node, { uses }) => {
    const [inner] = node.inputs as [Node]
    if (inner.op !== node.op || !isReduce(inner) || uses(inner) > 1) return undefined
    const [x] = inner.inputs as [Node]
    const { axes, keepDims } = inner.attributes
    const kept = keepDims ? x.shape.map((_, i) => i) : others(x.shape, axes)
    const all = [...new Set([...axes, ...node.attributes.axes.map((axis) => kept[axis]!)])]
    const sorted = all.toSorted((a, b) => a - b)
    const next = makeNode(node.op, [x], { axes: sorted, keepDims: node.attributes.keepDims })
    return sameShape(next.shape, node.shape) ? next : undefined
  }),
  rule("reshape that puts reduced axes back", "Reshape", (node, { uses }) => {
    const [inner] = node.inputs as [Node]
    if (!isReduce(inner) || uses(inner) > 1) return undefined
    const { axes, keepDims } = inner.attributes
    const next = makeNode(inner.op, inner.inputs, { axes, keepDims: !keepDims })
    return sameShape(next.shape, node.shape) ? next : undefined
  }),
  rule("sum of expand", "ReduceSum", (node, { uses, known }) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Expand") || uses(inner) > 1) return undefined
    const [x] = inner.inputs as [Node]
    const { axes } = node.attributes
    const offset = inner.shape.length - x.shape.length
    const repeats = (axis: number): boolean =>
      axis < offset || x.shape[axis - offset] !== inner.shape[axis]
    const counts = inner.shape.filter((_, axis) => repeats(axis) && axes.includes(axis))
    if (!inner.shape.every((_, axis) => !repeats(axis) || axes.includes(axis))) return undefined
    if (!counts.every(known) || counts.includes(0) || node.dtype === "bool") return undefined
    const inside = axes.filter((axis) => axis >= offset).map((axis) => axis - offset)
    const sum = inside.every((axis) => x.shape[axis] === 1)
      ? reshape(x, node.shape)
      : makeNode("ReduceSum", [x], { axes: inside, keepDims: node.attributes.keepDims })
    const times = scalar(sizeOf(counts), node.dtype)
    return sameShape(sum.shape, node.shape) ? makeNode("Mul", [sum, times], {}) : undefined
  }),
  rule("sum of negative", "ReduceSum", (node, { uses }) => {
    const [inner] = node.inputs as [Node]
    return isOp(inner, "Neg") && uses(inner) === 1
      ? makeNode("Neg", [makeNode("ReduceSum", inner.inputs, node.attributes)], {})
      : undefined
  }),
  rule("sum of multiple", "ReduceSum", (node, { uses }) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Mul") || uses(inner) > 1 || node.dtype !== "float32") return undefined
    const [x, factor] = inner.inputs as [Node, Node]
    const value = uniform(factor)
    // A factor below 1 may be what keeps a sum from overflowing.
    return value !== undefined &&
      Math.abs(value) >= 2 ** -24 &&
      Math.abs(value) <= 2 ** 24 &&
      sameShape(x.shape, inner.shape)
      ? makeNode("Mul", [makeNode("ReduceSum", [x], node.attributes), scalar(value)], {})
      : undefined
  }),
  rule("sum of pad", "ReduceSum", (node, { uses }) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Pad") || inner.attributes.value !== 0 || uses(inner) > 1) return undefined
    const { before, after } = inner.attributes
    const padded = before.map((n, i) => n + after[i]! > 0)
    return padded.every((is, axis) => !is || node.attributes.axes.includes(axis))
      ? makeNode("ReduceSum", inner.inputs, node.attributes)
      : undefined
  }),
  rule("reduction of transpose", reduceOps, (node) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Transpose") || node.attributes.keepDims) return undefined
    const { permutation } = inner.attributes
    const axes = node.attributes.axes.map((axis) => permutation[axis]!)
    const rest = permutation.filter((axis) => !axes.includes(axis))
    return rest.every((axis, i) => i === 0 || axis > rest[i - 1]!)
      ? makeNode(node.op, inner.inputs, { axes: axes.toSorted((a, b) => a - b), keepDims: false })
      : undefined
  }),
  rule("reduction of all of a reshape", reduceOps, (node) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Reshape") || node.shape.length > 0) return undefined
    const [x] = inner.inputs as [Node]
    return node.attributes.axes.length === inner.shape.length
      ? makeNode(node.op, [x], { axes: x.shape.map((_, i) => i), keepDims: false })
      : undefined
  }),
  rule("sum of two sums", ["Add", "Sub"], (node, { uses }) => {
    const [a, b] = node.inputs as [Node, Node]
    if (!isOp(a, "ReduceSum") || !isOp(b, "ReduceSum") || uses(a) > 1 || uses(b) > 1)
      return undefined
    const [x, y] = [a.inputs[0]!, b.inputs[0]!]
    return sameShape(x.shape, y.shape) &&
      x.dtype === y.dtype &&
      sameShape(a.attributes.axes, b.attributes.axes) &&
      a.attributes.keepDims === b.attributes.keepDims
      ? makeNode("ReduceSum", [makeNode(node.op, [x, y], {})], a.attributes)
      : undefined
  }),
]

/**
 * Reduces less, and once.
 *
 * | before | after |
 * |---|---|
 * | a reduction of axes of size 1 | a reshape |
 * | `Σ Σ x`; also for `∏`, `max`, `min`, `all`, `any` | one reduction over the axes of both |
 * | a reshape that puts the reduced axes back | a reduction that keeps them |
 * | `Σ expand(x)` | `n Σ x`, with `n` the number of repetitions |
 * | `Σ −x`, `Σ c · x`, `Σ pad(x, 0)` | `−Σ x`, `c · Σ x`, `Σ x` |
 * | `Σ transpose(x)`, `Σ reshape(x)` over everything | `Σ x` |
 * | `Σ x + Σ y` | `Σ (x + y)` |
 *
 * - NaN and infinities come out where they did, but within a factor `c`, `n` or 2 of overflow
 * - Sums are added in another order, so their last bits may change; repetitions over an unknown size are left alone
 *
 * @category passes
 */
export const reductions: Pass = rulePass(reductionRules)
