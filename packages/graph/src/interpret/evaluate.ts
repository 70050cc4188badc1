/**
 * The float64 interpreter: the judge of what a graph computes.
 */
import { type Shape, sizeOf } from "@pushforward/core"
import { resolveSize, showSizes, sizeAttributes, timesDynamic } from "../dynamicSize.ts"
import { type AnyNode, type Graph, type Node, nodesOf, type OpName } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import { elementwise } from "./elementwise.ts"
import { indexing } from "./indexing.ts"
import { matMul } from "./matMul.ts"
import { movement } from "./movement.ts"
import type { Operation, Operations } from "./Operation.ts"
import { reductions } from "./reductions.ts"
import { scan } from "./scan.ts"
import { dense, type Value } from "./Value.ts"

/** Numbers that go into a graph. */
export interface Numbers {
  readonly shape: Shape
  readonly values: ArrayLike<number>
}

/** Numbers that come out of a graph. Whole numbers and booleans (0 and 1) are float64 too. */
export interface Numbers64 {
  readonly shape: Shape
  readonly values: Float64Array
}

type Computed = Exclude<OpName, "Input" | "Constant" | "Scan">

const operations: Operations<Computed> = {
  ...elementwise,
  ...reductions,
  ...movement,
  ...indexing,
  ...matMul,
}

const mismatch = (node: Node<"Input">, graph: Graph, got: Shape): GraphError =>
  new GraphError(
    `evaluate: expected ${node.attributes.name} of shape ${showSizes(node.shape, graph.dynamic)}, got ` +
      `${showSizes(got)}. Pass tensors as they were traced.`,
  )

/** The batch size that the inputs have, after checking their shapes. */
const batchSizeOf = (graph: Graph, inputs: ReadonlyArray<Numbers>): number => {
  if (inputs.length !== graph.inputs.length) {
    throw new GraphError(
      `evaluate: expected ${graph.inputs.length} inputs (${graph.inputs.map((node) => node.attributes.name).join(", ")}), ` +
        `got ${inputs.length}. Pass one for each.`,
    )
  }
  let n: number | undefined
  graph.inputs.forEach((node, i) => {
    const { shape, values } = inputs[i]!
    if (shape.length !== node.shape.length) throw mismatch(node, graph, shape)
    node.shape.forEach((size, axis) => {
      const times = timesDynamic(size, graph.dynamic)
      if (times === undefined ? shape[axis] !== size : shape[axis]! % times !== 0)
        throw mismatch(node, graph, shape)
      if (times === undefined) return
      const found = shape[axis]! / times
      if (n !== undefined && found !== n) {
        throw new GraphError(
          `evaluate: expected one batch size n, got ${n} and, in ${node.attributes.name}, ${found}. ` +
            `Pass inputs with as many rows each.`,
        )
      }
      n = found
    })
    if (values.length !== sizeOf(shape)) {
      throw new GraphError(
        `evaluate: expected ${sizeOf(shape)} values for ${node.attributes.name} of shape ${showSizes(shape)}, got ` +
          `${values.length}. Make the two agree.`,
      )
    }
  })
  return n ?? 0
}

/** Attributes with the batch size put in. */
const resolveAttributes = (
  attributes: Readonly<Record<string, unknown>>,
  resolve: (size: number) => number,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      !sizeAttributes.has(name)
        ? value
        : Array.isArray(value)
          ? (value as ReadonlyArray<number>).map(resolve)
          : resolve(value as number),
    ]),
  )

/** Computes a graph's outputs from its inputs, as often as wanted. */
type Run = (inputs: ReadonlyArray<Value>) => ReadonlyArray<Value>

/** A graph made ready for a batch size. */
const prepare = (graph: Graph, n: number): Run => {
  const { dynamic } = graph
  const resolve = (size: number): number => resolveSize(size, dynamic, n)
  const nodes = nodesOf(graph)

  const lastUsers = new Map<Node, Node>()
  for (const node of nodes) for (const input of node.inputs) lastUsers.set(input, node)
  for (const output of graph.outputs) lastUsers.delete(output)

  const computation = (node: AnyNode): ((inputs: ReadonlyArray<Value>) => Float64Array) => {
    if (node.op === "Constant") {
      const values = Float64Array.from(node.attributes.values)
      return () => values
    }
    const result = { shape: node.shape.map(resolve), dtype: node.dtype }
    if (node.op === "Scan") return scan(prepare(node.attributes.body, n), node.attributes, result)
    const operation = operations[node.op as Computed] as Operation<OpName>
    const attributes =
      dynamic === undefined ? node.attributes : resolveAttributes({ ...node.attributes }, resolve)
    return (inputs) => operation(inputs, attributes, result)
  }
  const computed = nodes.flatMap((node) =>
    node.op === "Input"
      ? []
      : [{ node, shape: node.shape.map(resolve), compute: computation(node) }],
  )
  return (inputs) => {
    const values = new Map<Node, Value>(graph.inputs.map((node, i) => [node, inputs[i]!]))
    for (const { node, shape, compute } of computed) {
      values.set(node, { shape, values: compute(node.inputs.map((input) => values.get(input)!)) })
      for (const input of node.inputs) if (lastUsers.get(input) === node) values.delete(input)
    }
    return graph.outputs.map((output) => values.get(output)!)
  }
}

/**
 * Evaluates a graph in float64, whatever types it declares; int32 and bool keep their own rounding.
 *
 * **Details**
 *
 * - The batch size comes from the inputs
 * - `exp`, `log`, `tanh` and the like are those of `Math`; `erf`, `softplus`, `sigmoid` are within a few units of the
 *   last place
 * - An intermediate result is freed when nothing needs it any more
 * - Throws: {@link GraphError} for inputs that do not fit, or an index out of range
 *
 * **Example** (One trace, any batch size)
 *
 * ```ts
 * import { evaluate, trace } from "@pushforward/graph"
 * import * as tf from "@tensorflow/tfjs-core"
 *
 * const graph = trace(([x]) => [tf.mean(x!)], [{ shape: [null], dtype: "float32" }])
 * evaluate(graph, [{ shape: [4], values: [1, 2, 3, 4] }])[0]!.values[0] // => 2.5
 * ```
 *
 * @category interpreters
 */
export const evaluate = (
  graph: Graph,
  inputs: ReadonlyArray<Numbers>,
): ReadonlyArray<Numbers64> => {
  const run = prepare(graph, batchSizeOf(graph, inputs))
  const given = inputs.map(({ shape, values }) => ({ shape, values: Float64Array.from(values) }))
  // Results may share memory with each other: the caller owns a copy.
  return run(given).map((value) => ({ shape: value.shape, values: dense(value).slice() }))
}
