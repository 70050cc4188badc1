/**
 * From functions to graphs that are ready to be written.
 */
import {
  sizeOf,
  type LoopProgram,
  type StepFunction,
  type TensorFunction,
  type TensorSpec,
} from "@pushforward/core"
import { type Graph, makeNode, type Node, nodesOf, simplify, trace } from "@pushforward/graph"

/** Truth values leave an engine as 0 and 1 in float32, as TensorFlow.js' engines give them. */
const withoutTruth = (graph: Graph): Graph => ({
  ...graph,
  outputs: graph.outputs.map((output) =>
    output.dtype === "bool" ? makeNode("Cast", [output], { to: "float32" }) : output,
  ),
})

/** The graph of a function, simplified. */
export const graphOf = (f: TensorFunction, inputs: ReadonlyArray<TensorSpec>): Graph =>
  withoutTruth(simplify(trace(f, inputs)))

/** The graph of a step: `[...carry, ...resident, ...inputs]` to `[...nextCarry, ...outputs]`. */
export const stepGraphOf = (step: StepFunction, { carry, resident, inputs }: LoopProgram): Graph =>
  graphOf(
    (tensors) => {
      const [a, b] = [carry.length, carry.length + resident.length]
      const result = step(tensors.slice(0, a), tensors.slice(a, b), tensors.slice(b))
      return [...result.carry, ...result.outputs]
    },
    [...carry, ...resident, ...inputs].map(({ shape, dtype }) => ({ shape, dtype })),
  )

/** Rows in one call of a function whose batch size may change, about. */
const usualRows = 8192

/** The floating-point operations in a graph's matrix products. */
export const workOf = (graph: Graph): number => {
  const products = productsOf(graph)
  return graph.dynamic === undefined ? products : (products / graph.dynamic) * usualRows
}

const productsOf = (graph: Graph): number =>
  nodesOf(graph).reduce((sum, node) => {
    if (node.op === "Scan") return sum + node.shape[0]! * productsOf(node.attributes.body)
    if (node.op !== "MatMul") return sum
    const [a] = node.inputs as [Node, Node]
    const inner = a.shape.at(node.attributes.transposeA ? -2 : -1)!
    return sum + 2 * sizeOf(node.shape) * inner
  }, 0)
