/**
 * `scan` of `@pushforward/core`: where its step starts, and where it is done.
 */
import type { Graph, Node, OpAttributes } from "../../Graph.ts"
import { makeNode, nodesOf } from "../../Graph.ts"
import { kernel, type Kernels } from "./Kernel.ts"

type Counts = Omit<OpAttributes["Scan"], "body">

const input = (name: string, { shape, dtype }: Pick<Node, "shape" | "dtype">): Node<"Input"> =>
  makeNode("Input", [], { name, shape, dtype })

/**
 * What was recorded between `started` and `results`, as a graph, and the nodes from outside that it reads. What does not
 * depend on `started` is outside, but for constants, which rules want to see.
 */
const bodyOf = (
  started: ReadonlyArray<Node<"Input">>,
  results: ReadonlyArray<Node>,
): { readonly body: Graph; readonly captured: ReadonlyArray<Node> } => {
  const inside = new Map<Node, Node>(started.map((node) => [node, node]))
  const captured = new Map<Node, Node<"Input">>()
  const within = (node: Node): Node => {
    const known = inside.get(node) ?? captured.get(node)
    if (known || node.op === "Constant") return known ?? node
    const made = input(`captured${captured.size}`, node)
    captured.set(node, made)
    return made
  }
  for (const node of nodesOf({ inputs: started, outputs: results })) {
    if (!inside.has(node) && node.inputs.some((each) => inside.has(each)))
      inside.set(node, { ...node, inputs: node.inputs.map(within) })
  }
  const outputs = results.map(within)
  return {
    body: { inputs: [...started, ...captured.values()], outputs },
    captured: [...captured.keys()],
  }
}

export const scans: Kernels = {
  ScanStart: kernel<ReadonlyArray<unknown>, Counts>((given, { carry }) =>
    given.map((node, i) =>
      i < carry
        ? input(`carry${i}`, node)
        : input(`slice${i - carry}`, { shape: node.shape.slice(1), dtype: node.dtype }),
    ),
  ),
  Scan: kernel<ReadonlyArray<unknown>, Counts>((nodes, { carry, slices }) => {
    const count = carry + slices
    const started = nodes.slice(count, 2 * count) as ReadonlyArray<Node<"Input">>
    const { body, captured } = bodyOf(started, nodes.slice(2 * count))
    return [makeNode("Scan", [...nodes.slice(0, count), ...captured], { body, carry, slices })]
  }),
}
