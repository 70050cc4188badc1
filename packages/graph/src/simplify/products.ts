import { sameShape } from "@pushforward/core"
import { makeNode, type Node } from "../Graph.ts"
import { isOp, outlineOf, type Pass, replaceInputs, replaceOutputs } from "./Pass.ts"

/**
 * Multiplies in an order in which part of the product is there already.
 *
 * | before | after |
 * |---|---|
 * | `(x · y) · z`, with `x · z` needed elsewhere | `(x · z) · y` |
 * | `(x · y) · z`, with `y · z` needed elsewhere | `x · (y · z)` |
 *
 * Gradients of products compute one of their factors again; sharing then makes the two one.
 *
 * The last bits may change. What overflows in between may change, NaN and infinities that go in do not.
 *
 * @category passes
 */
export const products: Pass = (graph, fired) => {
  const { nodes, uses } = outlineOf(graph)
  const ids = new Map<Node, number>(nodes.map((node, i) => [node, i]))
  const key = (a: Node, b: Node): string => {
    const [i, j] = [ids.get(a)!, ids.get(b)!]
    return i < j ? `${i},${j}` : `${j},${i}`
  }
  const there = new Set(
    nodes.flatMap((node) => (isOp(node, "Mul") ? [key(node.inputs[0]!, node.inputs[1]!)] : [])),
  )

  /** The two to multiply first, and the one to multiply last, of a product with a better order. */
  const reordered = (node: Node): readonly [first: Node, second: Node, last: Node] | undefined => {
    if (!isOp(node, "Mul") || node.dtype !== "float32") return undefined
    for (const [i, inner] of node.inputs.entries()) {
      if (!isOp(inner, "Mul") || uses.get(inner) !== 1) continue
      const z = node.inputs[1 - i]!
      const [x, y] = inner.inputs as [Node, Node]
      // The same shapes throughout, or the first product could be larger than before.
      if (![x, y, z].every(({ shape }) => sameShape(shape, node.shape))) continue
      if (z !== y && there.has(key(x, z))) return [x, z, y]
      if (z !== x && there.has(key(y, z))) return [y, z, x]
    }
    return undefined
  }

  const changed = new Map<Node, Node>()
  for (const node of nodes) {
    const order = reordered(node)
    if (order) fired?.("product in another order")
    const [first, second, last] = (order ?? []).map((each) => changed.get(each) ?? each)
    const next = last
      ? makeNode("Mul", [makeNode("Mul", [first!, second!], {}), last], {})
      : replaceInputs(node, changed)
    if (next !== node) changed.set(node, next)
  }
  return replaceOutputs(graph, changed)
}
