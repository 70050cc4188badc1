import { type Graph, makeNode, type Node, nodesOf, rewrite } from "../Graph.ts"
import { constant, valuesOf } from "../simplify/constants.ts"
import { isOp } from "../simplify/Pass.ts"
import { slicesAtOnce } from "../simplify/sharedSlices.ts"

/** A part of a vector as a constant times the rest, if it is. */
const factored = (part: Node) => {
  const product = isOp(part, "Reshape") ? part.inputs[0]! : part
  if (!isOp(product, "Mul")) return undefined
  const [factor, x] = product.inputs.toSorted(
    (a, b) => Number(isOp(b, "Constant")) - Number(isOp(a, "Constant")),
  ) as [Node, Node]
  const fits = isOp(factor, "Constant") && factor.shape.join() === product.shape.join()
  return fits ? { factor, rest: makeNode("Reshape", [x], { shape: part.shape }) } : undefined
}

/** Constant factors of the parts of a concat as one factor of the whole. */
const factoredConcat = (node: Node, known: ReadonlyArray<Node<"Constant">>): Node => {
  const parts = node.inputs.map((part) => ({ part, split: factored(part) }))
  if (!parts.some(({ split }) => split)) return node
  const factors = new Float64Array(node.shape[0]!).fill(1)
  let begin = 0
  for (const { part, split } of parts) {
    if (split) factors.set(valuesOf(split.factor), begin)
    begin += part.shape[0]!
  }
  const same = known.find(({ attributes: { values } }) => factors.every((f, i) => f === values[i]))
  const whole = makeNode(
    "Concat",
    parts.map(({ part, split }) => split?.rest ?? part),
    { axis: 0 },
  )
  return makeNode("Mul", [whole, same ?? constant(factors, node.shape)], {})
}

/**
 * Multiplies vectors of one length by constants once, not in parts: weights by their masks, and gradients by the same masks.
 *
 * | before | after |
 * |---|---|
 * | `c₁ · x[0:2]`, `c₂ · x[2:9]` | `y[0:2]`, `y[2:9]` of `y = x · concat(c₁, c₂)` |
 * | `concat(c₁ · a, b, c₂ · d)` | `concat(a, b, d) · concat(c₁, 1, c₂)` |
 *
 * Exact: `1 · x` is `x`.
 */
export const factorsAtOnce = (graph: Graph, length: number): Graph => {
  const apart = slicesAtOnce(graph, (size) => size === length)
  const isVector = ({ shape }: Node): boolean => shape.length === 1 && shape[0] === length
  const known = nodesOf(apart).filter(
    (node): node is Node<"Constant"> =>
      node.op === "Constant" && isVector(node) && node.attributes.values.length > 1,
  )
  return rewrite(apart, (node) =>
    isOp(node, "Concat") && isVector(node) ? factoredConcat(node, known) : node,
  )
}
