import { sizeOf } from "@pushforward/core"
import { type AnyNode, type Graph, makeNode, type Node } from "../Graph.ts"
import { constant, isWorthReading, uniform, valuesOf } from "./constants.ts"
import { slice } from "./identities.ts"
import { type Fired, isOp, outlineOf, type Pass, replaceInputs, replaceOutputs } from "./Pass.ts"

/** One slice of a vector, and the product with a constant that is all it is used for. */
interface Part {
  readonly slice: Node<"Slice">
  readonly product: Node | undefined
  readonly factor: Node<"Constant"> | undefined
}

const factorOf = (product: Node, x: Node): Node<"Constant"> | undefined => {
  const [a, b] = product.inputs as [Node, Node]
  const factor = a === x ? b : a
  return isOp(product, "Mul") &&
    isOp(factor, "Constant") &&
    product.shape.length === 1 &&
    product.dtype === "float32"
    ? factor
    : undefined
}

/** Whether to go through a vector of some size, to save so many operations on its slices. */
type Pays = (size: number, saved: number) => boolean

/** The vector times all factors at once, when its slices lie apart and that is fewer operations. */
const scaledVector = (vector: Node, parts: ReadonlyArray<Part>, pays: Pays): Node | undefined => {
  const size = sizeOf(vector.shape)
  const saved = parts.filter(({ factor }) => factor).length
  if (saved < 2 || !pays(size, saved)) return undefined
  const factors = new Float64Array(size).fill(1)
  let end = 0
  for (const part of parts.toSorted(
    (a, b) => a.slice.attributes.begin[0]! - b.slice.attributes.begin[0]!,
  )) {
    const { begin, sizes, strides } = part.slice.attributes
    if (strides[0] !== 1 || begin[0]! < end) return undefined
    end = begin[0]! + sizes[0]!
    if (part.factor) {
      const each = uniform(part.factor)
      if (each === undefined) factors.set(valuesOf(part.factor), begin[0])
      else factors.fill(each, begin[0], end)
    }
  }
  return makeNode("Mul", [vector, constant(factors, vector.shape)], {})
}

/** The slices of each vector with a fixed size, with what they are multiplied by. */
const partsByVector = (graph: Graph): ReadonlyMap<Node, ReadonlyArray<Part>> => {
  const { nodes, uses } = outlineOf(graph)
  const productOf = new Map<Node, Node>()
  for (const node of nodes) {
    if (!isOp(node, "Mul")) continue
    for (const input of node.inputs) if (uses.get(input) === 1) productOf.set(input, node)
  }
  const isVector = ({ shape: [size], shape: { length } }: Node): boolean =>
    length === 1 && (graph.dynamic === undefined || size! % graph.dynamic !== 0)
  const slices = nodes.filter(
    (node) => isOp(node, "Slice") && isVector(node) && isVector(node.inputs[0]!),
  )
  return Map.groupBy(
    slices.map((each): Part => {
      const product = productOf.get(each)
      const factor = product && factorOf(product, each)
      return { slice: each as Node<"Slice">, product: factor && product, factor }
    }),
    (part) => part.slice.inputs[0]!,
  )
}

/**
 * Multiplies a vector once, instead of its slices one by one.
 *
 * | before | after |
 * |---|---|
 * | `c₁ · x[0:2]`, `x[2:3]`, `c₂ · x[3:9]` | `y[0:2]`, `y[2:3]`, `y[3:9]` of `y = x · concat(c₁, 1, c₂)` |
 *
 * So the masks of all layers meet their weights in one operation on the vector of parameters. Only vectors of up to
 * 262,144 numbers, and 8,192 for each operation saved: the masks of larger layers are shared between layers as they are,
 * and stay in the cache.
 *
 * Exact: `1 · x` is `x`.
 *
 * @category passes
 */
export const sharedSlices: Pass = (graph, fired) => slicesAtOnce(graph, isWorthReading, fired)

/** As {@link sharedSlices}, of the vectors where it pays. */
export const slicesAtOnce = (graph: Graph, pays: Pays, fired?: Fired): Graph => {
  const replaced = new Map<
    Node,
    { readonly vector: Node; readonly factors: Node<"Constant">; readonly of: Node<"Slice"> }
  >()
  for (const [vector, parts] of partsByVector(graph)) {
    const scaled = scaledVector(vector, parts, pays)
    if (scaled === undefined) continue
    fired?.("slices multiplied at once")
    const factors = scaled.inputs[1] as Node<"Constant">
    for (const part of parts)
      replaced.set(part.product ?? part.slice, { vector, factors, of: part.slice })
  }
  if (replaced.size === 0) return graph
  const changed = new Map<Node, Node>()
  const products = new Map<Node, Node>()
  for (const node of outlineOf(graph).nodes) {
    const found = replaced.get(node)
    let next = replaceInputs(node, changed)
    if (found) {
      const { vector, factors, of } = found
      const product =
        products.get(vector) ?? makeNode("Mul", [changed.get(vector) ?? vector, factors], {})
      products.set(vector, product)
      next = slice(product, of.attributes.begin, of.attributes.sizes) as AnyNode
    }
    if (next !== node) changed.set(node, next)
  }
  return replaceOutputs(graph, changed)
}
