/**
 * A graph's nodes, written into a scope.
 */
import type { AnyNode, Graph, Node } from "../Graph.ts"
import { planOf } from "./plan.ts"
import { rules } from "./rules/index.ts"
import { gemm } from "./rules/matMul.ts"
import type { Rule } from "./rules/Rule.ts"
import type { Scope, Value } from "./Scope.ts"
import { makeWriter, type Writer } from "./Writer.ts"
import { writeScan } from "./writeScan.ts"

/** Writes what the outputs need. `inputs` are the values of the graph's inputs; gives those of its outputs. */
export const writeNodes = (
  scope: Scope,
  graph: Graph,
  inputs: ReadonlyArray<Value>,
): ReadonlyArray<Value> => writeWith(makeWriter(scope, graph, inputs), graph, inputs)

const writeWith = (
  writer: Writer,
  graph: Graph,
  inputs: ReadonlyArray<Value>,
): ReadonlyArray<Value> => {
  const values = new Map<Node, Value>(graph.inputs.map((input, i) => [input, inputs[i]!]))
  const { order, sums, pieces, absorbed } = planOf(graph)
  const valuesOf = (nodes: ReadonlyArray<Node>): ReadonlyArray<Value> =>
    nodes.map((node) => values.get(node)!)

  const write = (node: Exclude<AnyNode, Node<"Input">>): Value => {
    const sum = sums.get(node)
    if (sum) {
      const plus = { value: values.get(sum.other)!, alpha: sum.alpha, beta: sum.beta }
      return gemm(writer, valuesOf(sum.product.inputs), sum.product.attributes, plus)
    }
    const part = pieces.get(node)
    if (part) {
      const { source, axis, sizes, places } = part
      const lengths = writer.constant(sizes, [sizes.length], "int64")
      return writer.addMany("Split", [values.get(source)!, lengths], { axis }, sizes.length)[
        places.get(node)!
      ]!
    }
    if (node.op === "Scan") {
      return writeScan(writer, valuesOf(node.inputs), node, writeWith)
    }
    return (rules[node.op] as Rule)(writer, valuesOf(node.inputs), node)
  }

  for (const node of order) {
    if (node.op !== "Input" && !absorbed.has(node)) values.set(node, write(node))
  }
  return valuesOf(graph.outputs)
}
