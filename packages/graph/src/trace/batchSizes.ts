/**
 * What a function does for any batch size, from two recordings with different ones.
 */
import type { Shape } from "@pushforward/core"
import { sizeAttributes } from "../dynamicSize.ts"
import { type Graph, type Node, nodesOf, rewrite } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import { showSite } from "./callSite.ts"
import { cast, div, expand, mul, reduce, scalar, uniform } from "./nodes.ts"
import type { Recording } from "./record.ts"

/** A static size or number happens to be a multiple of the prime that stands for the batch size. */
export const collision = Symbol("collision")

interface Sides {
  /** The batch sizes of the two recordings. */
  readonly sizes: readonly [number, number]
  /** `n`, counted when the graph runs. */
  readonly batchSize: Node
  readonly siteOf: (node: Node) => string | undefined
}

const fail = ({ siteOf }: Sides, node: Node, problem: string, mend: string): GraphError =>
  new GraphError(`trace: ${node.op}${showSite(siteOf(node))} ${problem}. ${mend}`)

/** Whether a size is a multiple of the batch size in both recordings; throws if it depends on it in another way. */
const isDynamic = (sides: Sides, node: Node, a: number, b: number): boolean | typeof collision => {
  const [p, q] = sides.sizes
  if (a === b) return a > 0 && a % p === 0 ? collision : false
  if (a > 0 && a % p === 0 && a / p === b / q) return true
  throw fail(
    sides,
    node,
    `has a size that depends on the batch size n but is no multiple of it (${a} for n = ${p}, ${b} for n = ${q})`,
    "Give this axis a fixed size, or trace with a fixed batch size.",
  )
}

/** How a number depends on the batch size. */
type Dependence = { readonly by: number; readonly per: "n" | "1/n" }

const dependence = (
  [p, q]: readonly [number, number],
  a: number,
  b: number,
): Dependence | undefined => {
  // Rounded to float32 on the way here; a whole number, if one fits.
  const near = (x: number, y: number): boolean => Math.abs(x - y) <= 2e-7 * Math.abs(x)
  const whole = (x: number): number => (near(Math.round(x), x) ? Math.round(x) : x)
  if (near(a * q, b * p)) return { by: whole(a / p), per: "n" }
  return near(a * p, b * q) ? { by: whole(a * p), per: "1/n" } : undefined
}

const dependent = (constant: Node<"Constant">, { by, per }: Dependence, batchSize: Node): Node => {
  const times = by === 1 ? batchSize : mul(scalar(by), batchSize)
  return expand(
    cast(per === "n" ? times : div(scalar(by), batchSize), constant.dtype),
    constant.shape,
  )
}

const sameNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}

/** The constant as it must be for any batch size; itself where it does not depend on it. */
const compareConstants = (
  sides: Sides,
  a: Node<"Constant">,
  b: Node<"Constant">,
): Node | typeof collision => {
  const [v, w] = [a.attributes.values, b.attributes.values]
  const dynamic = a.shape.map((n, i) => isDynamic(sides, a, n, b.shape[i]!))
  const grows = dynamic.includes(true)
  if (grows && (v.length > 1 || w.length > 1)) {
    const shape = a.shape.map((n, i) => (dynamic[i] === true ? "n" : n))
    throw fail(
      sides,
      a,
      `of shape [${shape.join(", ")}] holds different numbers along the batch, whose size n is not known`,
      "Compute it with tensor operations from the inputs, or pass it as an input.",
    )
  }
  if (dynamic.includes(collision)) return collision
  if (sameNumbers(v, w)) return a
  const depends =
    v.length === 1 && w.length === 1 ? dependence(sides.sizes, v[0]!, w[0]!) : undefined
  if (depends === undefined) {
    throw fail(
      sides,
      a,
      `holds numbers that depend on the batch size n (${v[0]} for n = ${sides.sizes[0]}, ${w[0]} for n = ${sides.sizes[1]})`,
      "Only k·n and k/n are followed: compute others with tensor operations, or pass them as inputs.",
    )
  }
  return dependent(a, depends, sides.batchSize)
}

const compareAttributes = (sides: Sides, a: Node, b: Node): boolean | typeof collision => {
  const [left, right] = [a.attributes, b.attributes] as ReadonlyArray<
    Readonly<Record<string, unknown>>
  >
  let found: boolean | typeof collision = true
  for (const [name, value] of Object.entries(left!)) {
    // Bodies are compared node by node.
    if (name === "body") continue
    const other = right![name]
    if (!sizeAttributes.has(name)) {
      const [x, y] = [value, other].map((each) => (Array.isArray(each) ? each : [each]))
      if (x!.length !== y!.length || x!.some((each, i) => !Object.is(each, y![i]))) return false
      continue
    }
    const [x, y] = [value, other].map(
      (each) => (Array.isArray(each) ? each : [each]) as ReadonlyArray<number>,
    )
    if (x!.length !== y!.length) return false
    if (x!.map((each, i) => isDynamic(sides, a, each, y![i]!)).includes(collision))
      found = collision
  }
  return found
}

const shapesCollide = (sides: Sides, a: Node, b: Node): boolean =>
  a.shape.map((n, i) => isDynamic(sides, a, n, b.shape[i]!)).includes(collision)

/** The graph as it must be for any batch size, from what was recorded for the two: functions, or the bodies of loops. */
const compare = (sides: Sides, a: Graph, b: Graph): Graph | typeof collision => {
  const graph: Graph = { inputs: a.inputs, outputs: a.outputs, dynamic: sides.sizes[0] }
  const [left, right] = [nodesOf(a), nodesOf(b)]
  const [placeLeft, placeRight] = [left, right].map(
    (nodes) => new Map<Node, number>(nodes.map((node, i) => [node, i])),
  )
  const differ = (node: Node): GraphError =>
    fail(
      sides,
      node,
      "is not done alike for different batch sizes",
      "A function with a batch size that may change must not decide by it: use tf.where, or trace with a fixed one.",
    )
  const constants = new Map<Node, Node>()
  const bodies = new Map<Graph, Graph>()
  let collided = false
  a.outputs.forEach((output, i) => {
    if (placeLeft!.get(output) !== placeRight!.get(b.outputs[i]!)) throw differ(output)
  })
  left.forEach((node, i) => {
    const other = right[i]
    if (
      other === undefined ||
      node.op !== other.op ||
      node.dtype !== other.dtype ||
      node.shape.length !== other.shape.length ||
      node.inputs.length !== other.inputs.length ||
      node.inputs.some((input, k) => placeLeft!.get(input) !== placeRight!.get(other.inputs[k]!))
    ) {
      throw differ(node)
    }
    if (node.op === "Constant") {
      const constant = compareConstants(sides, node, other as Node<"Constant">)
      if (constant === collision) collided = true
      else if (constant !== node) constants.set(node, constant)
      return
    }
    if (node.op === "Scan") {
      const body = compare(sides, node.attributes.body, (other as Node<"Scan">).attributes.body)
      if (body === collision) collided = true
      else bodies.set(node.attributes.body, body)
    }
    const same = compareAttributes(sides, node, other)
    if (same === false) throw differ(node)
    if (same === collision || shapesCollide(sides, node, other)) collided = true
  })
  if (collided) return collision
  if (constants.size === 0 && bodies.size === 0) return graph
  return rewrite(graph, (node) =>
    node.op === "Scan"
      ? {
          ...node,
          attributes: { ...node.attributes, body: bodies.get(node.attributes.body)! },
        }
      : (constants.get(node) ?? node),
  )
}

/**
 * One graph for any batch size, from recordings with batch sizes `sizes`. Sizes that differ are multiples of the batch
 * size, others are fixed; a number that differs is computed from the batch size.
 */
export const unify = (
  a: Recording,
  b: Recording,
  sizes: readonly [number, number],
): Graph | typeof collision => {
  if (a.outputs.length !== b.outputs.length) {
    throw new GraphError(
      `trace: the function returns ${a.outputs.length} tensors for a batch of ${sizes[0]} and ${b.outputs.length} for one ` +
        `of ${sizes[1]}. Return as many for any batch, or trace with a fixed batch size.`,
    )
  }
  const sides: Sides = {
    sizes,
    batchSize: reduce("ReduceSum", uniform(1, [sizes[0]]), [0], false),
    siteOf: a.siteOf,
  }
  return compare(sides, a, b)
}

/** The sizes of an input for a batch of `n`. */
export const sized = (shape: ReadonlyArray<number | null>, n: number): Shape =>
  shape.map((size) => size ?? n)
