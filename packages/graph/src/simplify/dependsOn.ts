import { type Graph, type Node, nodesOf } from "../Graph.ts"

/**
 * The nodes that can be computed once `given` and the constants are known: `given` themselves, and all that needs
 * nothing else.
 *
 * With no `given`, that is what depends on constants alone. With the inputs that stay the same from step to step, it is
 * what a loop may compute before it begins.
 *
 * @category analyses
 */
export const dependsOn = (graph: Graph, given: Iterable<Node>): Set<Node> => {
  const found = new Set(given)
  for (const node of nodesOf(graph)) {
    if (node.op !== "Input" && node.inputs.every((input) => found.has(input))) found.add(node)
  }
  return found
}
