/**
 * Graphs as text.
 */
import { showSizes, sizeAttributes } from "./dynamicSize.ts"
import { type AnyNode, type Graph, type Node, nodesOf } from "./Graph.ts"

const few = 8

const showNumber = (value: number): string => {
  const short = Number(value.toPrecision(7))
  return Object.is(value, -0) ? "-0" : String(short)
}

const showValues = (values: ArrayLike<number>, whole: boolean): string => {
  if (values.length === 1 && whole) return showNumber(values[0]!)
  const shown = Array.from({ length: Math.min(few, values.length) }, (_, i) =>
    showNumber(values[i]!),
  )
  return `{${shown.join(" ")}${values.length > few ? " …" : ""}}`
}

/** The attributes, except for a shape that the result's own shape tells. */
const showAttributes = (node: AnyNode, dynamic: number | undefined): string => {
  if (node.op === "Input") return ` ${node.attributes.name}`
  if (node.op === "Constant") return ` ${showValues(node.attributes.values, true)}`
  const show = (value: unknown): string =>
    Array.isArray(value)
      ? `[${value.join(", ")}]`
      : typeof value === "number"
        ? showNumber(value)
        : String(value)
  return Object.entries(node.attributes)
    .filter(
      ([name, value]) =>
        value !== false && name !== "shape" && name !== "to" && name !== "sizes" && name !== "body",
    )
    .filter(
      ([name, value]) =>
        !(name === "strides" && (value as ReadonlyArray<number>).every((n) => n === 1)),
    )
    .map(([name, value]) =>
      value === true
        ? ` ${name}`
        : ` ${name}=${
            sizeAttributes.has(name) && Array.isArray(value)
              ? showSizes(value as ReadonlyArray<number>, dynamic)
              : show(value)
          }`,
    )
    .join("")
}

/** How many nodes there are of each operation, the most frequent first. */
const showCounts = (nodes: ReadonlyArray<Node>): string => {
  const counts = new Map<string, number>()
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1)
  const parts = [...counts]
    .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([op, count]) => `${count} ${op}`)
  return `${nodes.length} nodes: ${parts.join(", ")}`
}

/**
 * Writes a graph as text: one line for each node, then what it returns and how many nodes there are of each operation.
 *
 * **Details**
 *
 * - `%2 = MatMul(%0, %1) transposeB : float32 [n, 64]`: `n` is the batch size, where it is not known
 * - Constants show their first numbers, or the one that all elements share
 * - The body of a `Scan` follows it, indented, with numbers of its own
 *
 * **Example** (Twice the square)
 *
 * ```ts
 * import { print, trace } from "@pushforward/graph"
 * import * as tf from "@tensorflow/tfjs-core"
 *
 * const graph = trace(([x]) => [tf.mul(2, tf.square(x!))], [{ shape: [null, 3], dtype: "float32" }])
 * print(graph).split("\n")[2] // => "%2 = Mul(%0, %0) : float32 [n, 3]"
 * ```
 *
 * @category printing
 */
export const print = (graph: Graph): string =>
  [...linesOf(graph), showCounts(nodesOf(graph))].join("\n")

const linesOf = (graph: Graph): ReadonlyArray<string> => {
  const nodes = nodesOf(graph)
  const names = new Map<Node, string>(nodes.map((node, i) => [node, `%${i}`]))
  const nameOf = (node: Node): string => names.get(node)!
  const lines = nodes.flatMap((node) => {
    const operands = node.inputs.length > 0 ? `(${node.inputs.map(nameOf).join(", ")})` : ""
    const line =
      `${nameOf(node)} = ${node.op}${operands}${showAttributes(node, graph.dynamic)} : ` +
      `${node.dtype} ${showSizes(node.shape, graph.dynamic)}`
    const body = node.op === "Scan" ? linesOf(node.attributes.body) : []
    return [line, ...body.map((each) => `  ${each}`)]
  })
  return [...lines, `return ${graph.outputs.map(nameOf).join(", ")}`]
}
