import { sameShape, sizeOf } from "@pushforward/core"
import { makeNode, type Node } from "../Graph.ts"
import { constant, isBinary, uniform, valuesOf } from "./constants.ts"
import { isOp, type Pass, type Rule, rule, rulePass } from "./Pass.ts"

/** How far down a sum of masked terms is followed. */
const maxDepth = 4

/** Whether `node` is 0 or 1 everywhere. */
const isMask = (node: Node): boolean => {
  if (isOp(node, "Constant")) return isBinary(node.attributes.values)
  if (isOp(node, "Cast")) return node.inputs[0]!.dtype === "bool"
  if (
    isOp(node, "Reshape") ||
    isOp(node, "Transpose") ||
    isOp(node, "Expand") ||
    isOp(node, "Slice")
  ) {
    return isMask(node.inputs[0]!)
  }
  return false
}

/**
 * Whether `node` is zero, or NaN, wherever `mask` is zero, so that masking it again changes nothing. `0 · NaN` is NaN:
 * what a mask lets through of it, the second mask does, too.
 */
const isMasked = (node: Node, mask: Node, depth = maxDepth): boolean => {
  if (depth === 0) return false
  const masked = (input: Node | undefined): boolean => isMasked(input!, mask, depth - 1)
  const [x, y] = node.inputs
  switch (node.op) {
    case "Mul":
      return (
        (x === mask && sameShape(node.shape, y!.shape)) ||
        (y === mask && sameShape(node.shape, x!.shape)) ||
        (sameShape(node.shape, x!.shape) && masked(x)) ||
        (sameShape(node.shape, y!.shape) && masked(y))
      )
    case "Add":
    case "Sub":
      return (
        sameShape(x!.shape, node.shape) && sameShape(y!.shape, node.shape) && masked(x) && masked(y)
      )
    case "Neg":
      return masked(x)
    case "Div":
      // By a constant that is not 0, or NaN would come from a zero.
      return uniform(y!) !== undefined && uniform(y!) !== 0 && masked(x)
    default:
      return false
  }
}

/** The rules of {@link masks}. */
export const maskRules: ReadonlyArray<Rule> = [
  // What is asked of a graph comes first: going through the values of a constant takes longer.
  rule("mask of masked", "Mul", (node) => {
    const [x, y] = node.inputs as [Node, Node]
    if (sameShape(node.shape, x.shape) && isMasked(x, y) && isMask(y)) return x
    if (sameShape(node.shape, y.shape) && isMasked(y, x) && isMask(x)) return y
    return undefined
  }),
  rule("mask of another mask", "Mul", (node) => {
    const split = (each: Node): readonly [constant: Node<"Constant">, other: Node] | undefined => {
      if (!isOp(each, "Mul")) return undefined
      const [a, b] = each.inputs as [Node, Node]
      if (isOp(b, "Constant")) return [b, a]
      if (isOp(a, "Constant")) return [a, b]
      return undefined
    }
    const outer = split(node)
    const inner = outer && split(outer[1])
    if (!inner || !sameShape(outer[0].shape, inner[0].shape)) return undefined
    if (![outer, inner].every(([mask]) => isBinary(mask.attributes.values))) return undefined
    const [a, b] = [valuesOf(outer[0]), valuesOf(inner[0])]
    const both = Float32Array.from({ length: sizeOf(outer[0].shape) }, (_, i) => a[i]! * b[i]!)
    return makeNode("Mul", [inner[1], constant(both, outer[0].shape, outer[0].dtype)], {})
  }),
  rule("square of mask", "Mul", (node) => {
    const [x, y] = node.inputs as [Node, Node]
    return x === y && isMask(x) ? x : undefined
  }),
]

/**
 * Applies masks of zeros and ones once.
 *
 * | before | after |
 * |---|---|
 * | `m · (m · x)` | `m · x` |
 * | `m · (m · x + m · y)`, `m · (s · (m · x))` | without the outer mask |
 * | `m · (n · x)` | `(m n) · x` |
 * | `m · m` | `m` |
 *
 * Every rewrite is exact, NaN and infinities included: where a mask is zero, `0 · x` is 0 or NaN, and `0` of that is the
 * same again.
 *
 * @category passes
 */
export const masks: Pass = rulePass(maskRules)
