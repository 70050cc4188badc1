/**
 * Groups of operations that one ONNX node does.
 */
import { sameShape } from "@pushforward/core"
import { type AnyNode, type Graph, type Node, nodesOf } from "../Graph.ts"
import { isGemm } from "./rules/matMul.ts"

/** `alpha · product + beta · other`, as a `Gemm` with three inputs. */
interface FusedSum {
  readonly product: Node<"MatMul">
  readonly other: Node
  readonly alpha: number
  readonly beta: number
}

/** Parts of one tensor along one axis, as a `Split`. Pieces that nothing asked for fill the gaps. */
interface Pieces {
  readonly source: Node
  readonly axis: number
  readonly sizes: ReadonlyArray<number>
  /** Where each slice is among the pieces. */
  readonly places: ReadonlyMap<Node, number>
}

export interface Plan {
  readonly order: ReadonlyArray<AnyNode>
  readonly sums: ReadonlyMap<Node, FusedSum>
  readonly pieces: ReadonlyMap<Node, Pieces>
  /** Products that are written as a part of a sum. */
  readonly absorbed: ReadonlySet<Node>
}

/** Finds products that only a sum uses, and slices that lie side by side. */
export const planOf = (graph: Graph): Plan => {
  const order = nodesOf(graph)
  const uses = new Map<Node, number>()
  const use = (node: Node): void => void uses.set(node, (uses.get(node) ?? 0) + 1)
  graph.outputs.forEach(use)
  order.forEach(({ inputs }) => inputs.forEach(use))

  const sums = new Map<Node, FusedSum>()
  const absorbed = new Set<Node>()
  for (const node of order) {
    const sum = fusedSum(node, (input) => uses.get(input) === 1 && !absorbed.has(input))
    if (!sum) continue
    sums.set(node, sum)
    absorbed.add(sum.product)
  }
  return { order, sums, absorbed, pieces: piecesOf(order, graph.dynamic) }
}

const fusedSum = (node: AnyNode, isFree: (input: Node) => boolean): FusedSum | undefined => {
  if (node.op !== "Add" && node.op !== "Sub") return undefined
  const [a, b] = node.inputs as [Node, Node]
  const sign = node.op === "Sub" ? -1 : 1
  const isProduct = (input: Node): input is Node<"MatMul"> =>
    input.op === "MatMul" &&
    isFree(input) &&
    sameShape(input.shape, node.shape) &&
    isGemm(input as Node<"MatMul">)
  if (a === b || a.dtype !== "float32" || b.dtype !== "float32") return undefined
  if (isProduct(a)) return { product: a, other: b, alpha: 1, beta: sign }
  if (isProduct(b)) return { product: b, other: a, alpha: sign, beta: 1 }
  return undefined
}

/** The only axis along which a slice leaves something out, when it takes neighbours. */
const slicedAxis = ({
  inputs,
  attributes: { begin, sizes, strides },
}: Node<"Slice">): number | undefined => {
  const axes = inputs[0]!.shape.flatMap((size, i) =>
    begin[i] === 0 && sizes[i] === size && strides[i] === 1 ? [] : [i],
  )
  return axes.length === 1 && strides[axes[0]!] === 1 ? axes[0] : undefined
}

const piecesOf = (
  order: ReadonlyArray<AnyNode>,
  dynamic: number | undefined,
): ReadonlyMap<Node, Pieces> => {
  const groups = new Map<Node, Map<number, Array<Node<"Slice">>>>()
  for (const node of order) {
    if (node.op !== "Slice") continue
    const axis = slicedAxis(node)
    const [source] = node.inputs
    if (axis === undefined || (dynamic !== undefined && source!.shape[axis]! % dynamic === 0))
      continue
    const byAxis = groups.get(source!) ?? new Map<number, Array<Node<"Slice">>>()
    groups.set(source!, byAxis.set(axis, [...(byAxis.get(axis) ?? []), node]))
  }
  const found = new Map<Node, Pieces>()
  for (const [source, byAxis] of groups) {
    for (const [axis, slices] of byAxis) {
      const pieces = sideBySide(source, axis, slices)
      pieces?.places.forEach((_, node) => found.set(node, pieces))
    }
  }
  return found
}

/** The slices as pieces, unless there is one, they overlap, or most of the tensor would be copied for nothing. */
const sideBySide = (
  source: Node,
  axis: number,
  slices: ReadonlyArray<Node<"Slice">>,
): Pieces | undefined => {
  const total = source.shape[axis]!
  const range = ({ attributes: { begin, sizes } }: Node<"Slice">) =>
    [begin[axis]!, sizes[axis]!] as const
  const sorted = slices.toSorted((a, b) => range(a)[0] - range(b)[0])
  const places = new Map<Node, number>()
  const sizes: Array<number> = []
  let end = 0
  let taken = 0
  for (const node of sorted) {
    const [begin, size] = range(node)
    if (begin < end || size === 0) return undefined
    if (begin > end) sizes.push(begin - end)
    places.set(node, sizes.length)
    sizes.push(size)
    end = begin + size
    taken += size
  }
  if (end < total) sizes.push(total - end)
  return slices.length > 1 && taken * 2 >= total ? { source, axis, sizes, places } : undefined
}
