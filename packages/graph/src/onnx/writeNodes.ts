/**
 * A graph's nodes, written into a scope.
 */
import type { AnyNode, Graph, Node, OpName } from "../Graph.ts"
import { dimensions } from "./dimensions.ts"
import { planOf } from "./plan.ts"
import { rules } from "./rules/index.ts"
import { gemm } from "./rules/matMul.ts"
import type { Rule } from "./rules/Rule.ts"
import type { Scope, Value } from "./Scope.ts"
import { makeWriter, type Writer } from "./Writer.ts"
import { writeScan } from "./writeScan.ts"

/**
 * Operations whose result has sizes that are numbers in a tensor. Undeclared, each would be a new unknown to ONNX Runtime,
 * which takes the longer to open a model the more of them there are.
 */
const resizing: ReadonlySet<OpName> = new Set([
  "Expand",
  "Reshape",
  "Slice",
  "Pad",
  "Tile",
  "Constant",
])

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
    if (node.op === "Input" || absorbed.has(node)) continue
    const value = write(node)
    values.set(node, value)
    if (resizing.has(node.op) && node.shape.some(writer.isDynamic)) {
      writer.declare(value, node.dtype, dimensions(node.shape, graph.dynamic))
    }
  }
  return valuesOf(graph.outputs)
}
