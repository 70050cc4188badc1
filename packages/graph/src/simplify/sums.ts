import { sameShape } from "@pushforward/core"
import { type AnyNode, type Graph, makeNode, type Node } from "../Graph.ts"
import { scalar, uniform } from "./constants.ts"
import { expand } from "./identities.ts"
import { isOp, outlineOf, type Pass, replaceInputs, replaceOutputs } from "./Pass.ts"

/** One term of a sum: `factor · node`. */
interface Term {
  readonly node: Node
  readonly factor: number
}

/** A term that is itself a sum, over axes of `of`. */
interface Reduced extends Term {
  readonly of: Node
  readonly axes: ReadonlyArray<number>
  readonly keepDims: boolean
}

const isSum = (node: Node): boolean => isOp(node, "Add") || isOp(node, "Sub") || isOp(node, "Neg")

/** The terms of a sum, through sums, differences and signs that nothing else uses. */
const termsOf = (root: Node, uses: ReadonlyMap<Node, number>): ReadonlyArray<Term> => {
  const terms: Array<Term> = []
  const stack: Array<Term> = [{ node: root, factor: 1 }]
  while (stack.length > 0) {
    const { node, factor } = stack.pop()!
    if (node === root || (isSum(node) && uses.get(node) === 1)) {
      const [a, b] = node.inputs as [Node, Node | undefined]
      const first = isOp(node, "Neg") ? -factor : factor
      if (b) stack.push({ node: b, factor: isOp(node, "Sub") ? -factor : factor })
      stack.push({ node: a, factor: first })
    } else {
      terms.push({ node, factor })
    }
  }
  return terms
}

/** A term as a multiple of a sum over axes that nothing else uses. */
const reduced = (term: Term, uses: ReadonlyMap<Node, number>): Reduced | undefined => {
  let { node, factor } = term
  if (uses.get(node) !== 1) return undefined
  if (isOp(node, "Mul")) {
    const value = uniform(node.inputs[1]!)
    if (value === undefined || uses.get(node.inputs[0]!) !== 1) return undefined
    factor *= value
    node = node.inputs[0]!
  }
  return isOp(node, "ReduceSum")
    ? { node: term.node, factor, of: node.inputs[0]!, ...node.attributes }
    : undefined
}

/** The axis along which what is summed can be put together: the last one that is summed over. */
const joint = (a: Reduced, b: Reduced): boolean => {
  const axis = a.axes.at(-1)
  return (
    axis !== undefined &&
    a.factor === b.factor &&
    a.keepDims === b.keepDims &&
    a.of.dtype === b.of.dtype &&
    sameShape(a.axes, b.axes) &&
    a.of.shape.length === b.of.shape.length &&
    sameShape(a.of.shape.with(axis, 0), b.of.shape.with(axis, 0))
  )
}

/** The terms as groups that can be summed at once, in the order of their first terms. */
const groupsOf = (terms: ReadonlyArray<Reduced>): ReadonlyArray<ReadonlyArray<Reduced>> => {
  const groups: Array<Array<Reduced>> = []
  for (const term of terms) {
    const group = groups.find(([first]) => joint(first!, term))
    if (group) group.push(term)
    else groups.push([term])
  }
  return groups.filter((group) => group.length > 1)
}

/** A sum with some of its terms taken together, or nothing when there are none to take. */
const collected = (
  root: Node,
  graph: Graph,
  uses: ReadonlyMap<Node, number>,
): ReadonlyArray<Term> | undefined => {
  if (root.dtype !== "float32") return undefined
  const terms = termsOf(root, uses)
  if (terms.length < 3) return undefined
  const { dynamic } = graph
  const isKnown = (size: number): boolean =>
    dynamic === undefined || size === 0 || size % dynamic > 0
  const candidates = terms.flatMap((term) => {
    const found = reduced(term, uses)
    return found ? [found] : []
  })
  const groups = groupsOf(candidates)
  if (groups.length === 0) return undefined
  const taken = new Map<Node, Term | undefined>()
  for (const group of groups) {
    const [{ axes, keepDims, factor }] = group as [Reduced, ...Array<Reduced>]
    const all = makeNode(
      "Concat",
      group.map(({ of }) => of),
      { axis: axes.at(-1)! },
    )
    if (!isKnown(all.shape[axes.at(-1)!]!)) continue
    const sum = makeNode("ReduceSum", [all], { axes, keepDims })
    const magnitude = Math.abs(factor)
    const node = magnitude === 1 ? sum : makeNode("Mul", [sum, scalar(magnitude)], {})
    group.forEach((term, i) =>
      taken.set(term.node, i === 0 ? { node, factor: Math.sign(factor) } : undefined),
    )
  }
  if (taken.size === 0) return undefined
  return terms.flatMap((term) => {
    if (!taken.has(term.node)) return [term]
    const group = taken.get(term.node)
    return group ? [group] : []
  })
}

/** The terms added up, positive ones first. */
const addUp = (terms: ReadonlyArray<Term>): Node => {
  const [first, ...rest] = terms.toSorted(
    (a, b) => Number(b.factor > 0) - Number(a.factor > 0),
  ) as [Term, ...Array<Term>]
  const start = first.factor > 0 ? first.node : makeNode("Neg", [first.node], {})
  return rest.reduce<Node>(
    (sum, { node, factor }) => makeNode(factor > 0 ? "Add" : "Sub", [sum, node], {}),
    start,
  )
}

/**
 * Sums many sums at once.
 *
 * | before | after |
 * |---|---|
 * | `Σ x₁ + … − c · Σ y₁ + … + Σ xₙ − c · Σ yₘ` | `Σ concat(x₁, …, xₙ) − c · Σ concat(y₁, …, yₘ)` |
 *
 * So the log-determinants of a flow's layers become one sum. Other terms stay, and stay in their order.
 *
 * NaN and infinities come out where they did; the last bits may change, for the terms are added in another order.
 *
 * @category passes
 */
export const sums: Pass = (graph, fired) => {
  const { nodes, uses } = outlineOf(graph)
  const inner = new Set<Node>()
  for (const node of nodes) {
    if (!isSum(node)) continue
    for (const input of node.inputs) if (isSum(input) && uses.get(input) === 1) inner.add(input)
  }
  const replacements = new Map<Node, ReadonlyArray<Term>>()
  for (const node of nodes) {
    if (!(isOp(node, "Add") || isOp(node, "Sub")) || inner.has(node)) continue
    const terms = collected(node, graph, uses)
    if (terms) {
      replacements.set(node, terms)
      fired?.("sums at once")
    }
  }
  if (replacements.size === 0) return graph
  const changed = new Map<Node, Node>()
  const rebuilt = new Set<Node>()
  /** New nodes have old ones under them, which come before the sum and so are done. */
  const rebuild = (node: Node): Node => {
    if (!rebuilt.has(node)) {
      rebuilt.add(node)
      for (const input of node.inputs) rebuild(input)
      const next = replaceInputs(node as AnyNode, changed)
      if (next !== node) changed.set(node, next)
    }
    return changed.get(node) ?? node
  }
  for (const node of nodes) {
    const terms = replacements.get(node)
    if (terms === undefined) {
      rebuild(node)
      continue
    }
    const sum = addUp(terms.map(({ node: term, factor }) => ({ node: rebuild(term), factor })))
    rebuilt.add(node)
    changed.set(node, expand(sum, node.shape))
  }
  return replaceOutputs(graph, changed)
}
