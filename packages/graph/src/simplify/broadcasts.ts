import { sameShape, sizeOf } from "@pushforward/core"
import { type AnyNode, makeNode, type Node } from "../Graph.ts"
import { broadcast } from "../infer.ts"
import { constant, scalar, uniform } from "./constants.ts"
import { expand, trimmed } from "./identities.ts"
import { elementwiseOps, unaryOps } from "./operations.ts"
import { isOp, type Pass, type Rule, rule, rulePass, type Surroundings } from "./Pass.ts"

/** What `node` repeats, or nothing when it repeats nothing. */
const repeated = (node: Node): Node | undefined => {
  if (isOp(node, "Expand")) return node.inputs[0]
  if (!isOp(node, "Reshape")) return undefined
  // Broadcasting puts sizes 1 in front by itself.
  const [x] = node.inputs as [Node]
  return sameShape(trimmed(x.shape), trimmed(node.shape)) ? x : undefined
}

/** `node` with inputs that broadcast to the same shape. */
const withInputs = (node: AnyNode, inputs: ReadonlyArray<Node>): Node =>
  makeNode(node.op, inputs, node.attributes as never)

const dropOne = (node: AnyNode, plain: (input: Node) => Node | undefined): Node | undefined => {
  for (const [i, input] of node.inputs.entries()) {
    const x = plain(input)
    if (x === undefined) continue
    const inputs = node.inputs.with(i, x)
    if (sameShape(broadcast(...inputs.map((each) => each.shape)), node.shape)) {
      return withInputs(node, inputs)
    }
  }
  return undefined
}

/** The expansions among the inputs go to the result, when that is smaller before. */
const expandAfter = (node: AnyNode, { uses }: Surroundings): Node | undefined => {
  const inputs = node.inputs.map((input) =>
    isOp(input, "Expand") && uses(input) === 1 ? input.inputs[0]! : input,
  )
  if (inputs.every((input, i) => input === node.inputs[i])) return undefined
  const shape = broadcast(...inputs.map((input) => input.shape))
  return sizeOf(shape) < sizeOf(node.shape)
    ? expand(withInputs(node, inputs), node.shape)
    : undefined
}

/** The smallest shape that broadcasts like a constant which is the same everywhere. */
const smallest = (node: Node): Node | undefined => {
  const value = uniform(node)
  return value === undefined || node.shape.length === 0 ? undefined : scalar(value, node.dtype)
}

/** The rules of {@link broadcasts}. */
export const broadcastRules: ReadonlyArray<Rule> = [
  rule("constant kept scalar", elementwiseOps, (node) => dropOne(node, smallest)),
  rule("expand into broadcasting operation", elementwiseOps, (node) => dropOne(node, repeated)),
  rule("expand after operation", elementwiseOps, expandAfter),
  rule("expand after function", unaryOps, expandAfter),
  rule("expand after cast", "Cast", expandAfter),
  rule("expand of constant", "Expand", (node) => {
    const value = uniform(node.inputs[0]!)
    return value === undefined ? undefined : constant([value], node.shape, node.dtype)
  }),
  // Leading axes of a product broadcast, too.
  rule("expand into product", "MatMul", (node) => {
    for (const [i, input] of node.inputs.entries()) {
      if (!isOp(input, "Expand")) continue
      const [x] = input.inputs as [Node]
      if (x.shape.length < 2 || !sameShape(x.shape.slice(-2), input.shape.slice(-2))) continue
      const next = makeNode("MatMul", node.inputs.with(i, x), node.attributes)
      if (sameShape(next.shape, node.shape)) return next
    }
    return undefined
  }),
  rule("slice of expand", "Slice", (node, { uses }) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Expand") || uses(inner) > 1) return undefined
    const [x] = inner.inputs as [Node]
    const offset = inner.shape.length - x.shape.length
    const { begin, sizes, strides } = node.attributes
    // Only where the slice takes from axes that repeat, so that it disappears.
    const kept = x.shape.every(
      (n, i) =>
        n === 1 ||
        (begin[i + offset] === 0 && sizes[i + offset] === n && strides[i + offset] === 1),
    )
    return kept && !sizes.includes(0) ? expand(x, node.shape) : undefined
  }),
]

/**
 * Lets operations broadcast, so that nothing is repeated before it has to be.
 *
 * | before | after |
 * |---|---|
 * | `expand(x) ∘ y`, where `x ∘ y` has the shape | `x ∘ y`; also for axes of size 1 put in front by a reshape |
 * | `f(expand(x))`, `expand(x) ∘ expand(y)` | `expand(f(x))`, `expand(x ∘ y)`, when nothing else uses them |
 * | `x ∘ [c, c, c]` | `x ∘ c` |
 * | `expand(c)` | a constant |
 * | `expand(x) · y` as matrices, over leading axes | `x · y` |
 * | a slice of the axes that `expand(x)` repeats | `expand(x)`, smaller |
 *
 * Every rewrite is exact.
 *
 * @category passes
 */
export const broadcasts: Pass = rulePass(broadcastRules)
