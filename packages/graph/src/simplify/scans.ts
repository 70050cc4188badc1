import type { Graph, Node } from "../Graph.ts"
import { isOp, outlineOf, type Fired, type Pass, replaceInputs, replaceOutputs } from "./Pass.ts"

/** A graph in which other nodes stand for some of its inputs. */
const substitute = (graph: Graph, inputs: ReadonlyMap<Node, Node>): Graph => {
  const changed = new Map(inputs)
  for (const node of outlineOf(graph).nodes) {
    const next = replaceInputs(node, changed)
    if (next !== node) changed.set(node, next)
  }
  return replaceOutputs(graph, changed)
}

/** A loop whose body has its constants inside, and reads no other node twice or for nothing; itself when it is so. */
const withCaptured = (node: Node<"Scan">): Node<"Scan"> => {
  const { body, carry, slices } = node.attributes
  const given = carry + slices
  const stands = new Map<Node, Node>()
  const seen = new Map<Node, Node>()
  body.inputs.slice(given).forEach((input, i) => {
    const outer = node.inputs[given + i]!
    const other = isOp(outer, "Constant") ? outer : seen.get(outer)
    if (other) stands.set(input, other)
    else seen.set(outer, input)
  })
  const inner = stands.size > 0 ? substitute(body, stands) : body
  const { uses } = outlineOf(inner)
  const kept = body.inputs.flatMap((input, i) =>
    i < given || (!stands.has(input) && uses.get(input)! > 0) ? [i] : [],
  )
  if (inner === body && kept.length === body.inputs.length) return node
  return {
    ...node,
    inputs: kept.map((i) => node.inputs[i]!),
    attributes: {
      ...node.attributes,
      body: { ...inner, inputs: kept.map((i) => body.inputs[i]!) },
    },
  }
}

/**
 * Simplifies the bodies of loops with `pass`.
 *
 * | before | after |
 * |---|---|
 * | a body | the body, simplified as a graph of its own |
 * | a constant from around a body | the constant in the body |
 * | a node from around a body, read twice, or not used | read once, or not at all |
 *
 * @category passes
 */
export const scansWith = (pass: Pass): Pass => {
  const settled = new WeakSet<Graph>()
  const simpler = (node: Node<"Scan">, fired: Fired | undefined): Node<"Scan"> => {
    const tidied = withCaptured(node)
    const before = tidied.attributes.body
    if (settled.has(before)) return tidied
    const body = pass(before, fired)
    settled.add(body)
    return body === before ? tidied : { ...tidied, attributes: { ...tidied.attributes, body } }
  }
  return (graph, fired) => {
    const changed = new Map<Node, Node>()
    for (const node of outlineOf(graph).nodes) {
      const moved = replaceInputs(node, changed)
      const next = isOp(moved, "Scan") ? simpler(moved, fired) : moved
      if (next !== moved) fired?.("body of a loop")
      if (next !== node) changed.set(node, next)
    }
    return replaceOutputs(graph, changed)
  }
}
