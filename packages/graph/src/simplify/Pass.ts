/**
 * Passes over graphs, and the rules that most of them are made of.
 */
import type { AnyNode, Graph, Node, OpName } from "../Graph.ts"

/** Told the name of a rule each time it rewrites a node. */
export type Fired = (rule: string) => void

/**
 * A graph with the same inputs and the same outputs, written more simply.
 *
 * @category models
 */
export type Pass = (graph: Graph, fired?: Fired) => Graph

/** What a rule may ask about the graph around a node. */
export interface Surroundings {
  /** How many inputs and outputs of the graph `node` is. Never fewer than there are. */
  readonly uses: (node: Node) => number
  /** Whether the graph has no unknown size, or `size` does not hold it. */
  readonly known: (size: number) => boolean
}

/** A local rewrite: what stands for a node of one of `ops`, or nothing to keep the node. */
export interface Rule {
  readonly name: string
  readonly ops: ReadonlyArray<OpName>
  readonly apply: (node: AnyNode, around: Surroundings) => Node | undefined
}

/** A {@link Rule} for one operation, or several. */
export const rule = <K extends OpName>(
  name: string,
  ops: K | ReadonlyArray<K>,
  apply: (node: Extract<AnyNode, { op: K }>, around: Surroundings) => Node | undefined,
): Rule => ({
  name,
  ops: typeof ops === "string" ? [ops] : ops,
  apply: apply as Rule["apply"],
})

/** Whether `node` is of `op`. */
export const isOp = <K extends OpName>(node: Node, op: K): node is Extract<AnyNode, { op: K }> =>
  node.op === op

/** What passes ask of every graph. */
interface Outline {
  /** Every node after its inputs. */
  readonly nodes: ReadonlyArray<AnyNode>
  /** How many inputs and outputs of the graph each node is. */
  readonly uses: ReadonlyMap<Node, number>
}

// Most passes leave most graphs as they are, and the next pass asks the same.
const outlines = new WeakMap<Graph, Outline>()

/** The nodes of a graph, and how often each is used. */
export const outlineOf = (graph: Graph): Outline => {
  const known = outlines.get(graph)
  if (known) return known
  // One map for order and uses, and one way down at a time: a cold start spends its time on garbage.
  const uses = new Map<Node, number>()
  const path: Array<Node> = []
  const places: Array<number> = []
  for (const root of [...graph.inputs, ...graph.outputs]) {
    if (uses.has(root)) continue
    path.push(root)
    places.push(0)
    while (path.length > 0) {
      const node = path.at(-1)!
      const place = places[path.length - 1]!++
      const input = node.inputs[place]
      if (input === undefined) {
        uses.set(node, 0)
        path.pop()
        places.pop()
      } else if (!uses.has(input)) {
        path.push(input)
        places.push(0)
      }
    }
  }
  const nodes = [...uses.keys()] as ReadonlyArray<AnyNode>
  const use = (node: Node): void => void uses.set(node, uses.get(node)! + 1)
  for (const { inputs } of nodes) for (const input of inputs) use(input)
  for (const output of graph.outputs) use(output)
  const outline = { nodes, uses }
  outlines.set(graph, outline)
  return outline
}

/** Rules may chain at one node; this many times at most. */
const maxChain = 16

/**
 * A pass that tries `rules` at every node, inputs first, in the order given, until none fits.
 *
 * A rule sees the uses of a node as no fewer than they are, so that one which asks for a single use never keeps alive
 * what it meant to replace.
 */
export const rulePass = (rules: ReadonlyArray<Rule>): Pass => {
  const byOp = new Map<OpName, ReadonlyArray<Rule>>()
  for (const each of rules) for (const op of each.ops) byOp.set(op, [...(byOp.get(op) ?? []), each])
  return (graph, fired) => {
    const { nodes, uses } = outlineOf(graph)
    /** The nodes that something else stands for now. */
    const changed = new Map<Node, Node>()
    /** Uses of nodes by what rules made, and of what stands for nodes. */
    const newUses = new Map<Node, number>()
    const add = (node: Node, count: number): void => {
      newUses.set(node, (newUses.get(node) ?? 0) + count)
    }
    const isThere = (node: Node): boolean =>
      newUses.has(node) || (uses.has(node) && !changed.has(node))
    const around: Surroundings = {
      uses: (node) => (newUses.get(node) ?? 0) + (changed.has(node) ? 0 : (uses.get(node) ?? 0)),
      known: (size) => graph.dynamic === undefined || size === 0 || size % graph.dynamic > 0,
    }
    /** A node that a rule made, with what the rules make of the new nodes under it. */
    const adopt = (made: AnyNode): AnyNode => {
      const inputs = made.inputs.map((input) =>
        isThere(input) ? input : applyRules(adopt(input as AnyNode)),
      )
      for (const input of inputs) add(input, 1)
      return withInputs(made, inputs)
    }
    const applyRules = (node: AnyNode): AnyNode => {
      let current = node
      for (let count = 0; count < maxChain; count++) {
        let next: AnyNode | undefined
        for (const each of byOp.get(current.op) ?? none) {
          next = each.apply(current, around) as AnyNode | undefined
          if (next === undefined) continue
          fired?.(each.name)
          break
        }
        if (next === undefined) return current
        if (isThere(next)) return next // there already, so its own rules have been tried
        current = adopt(next)
      }
      return current
    }
    for (const node of nodes) {
      const moved = replaceInputs(node, changed)
      const next = applyRules(moved)
      if (next === node) continue
      changed.set(node, next)
      add(next, uses.get(node) ?? 0)
    }
    return replaceOutputs(graph, changed)
  }
}

const none: ReadonlyArray<Rule> = []

/** How often {@link settled} runs a pass, at most. */
const maxRepeats = 16

/** A pass until it finds nothing more, for one that makes what it looks for. */
export const settled =
  (pass: Pass): Pass =>
  (graph, fired) => {
    let current = graph
    for (let count = 0; count < maxRepeats; count++) {
      const next = pass(current, fired)
      if (next === current) break
      current = next
    }
    return current
  }

/** The same operation on other inputs of the same shapes; the same node when they are the same. */
const withInputs = (node: AnyNode, inputs: ReadonlyArray<Node>): AnyNode =>
  inputs.every((input, i) => input === node.inputs[i]) ? node : { ...node, inputs }

/** A node on what stands for its inputs. */
export const replaceInputs = (node: AnyNode, changed: ReadonlyMap<Node, Node>): AnyNode =>
  node.inputs.some((input) => changed.has(input))
    ? { ...node, inputs: node.inputs.map((input) => changed.get(input) ?? input) }
    : node

/** A graph with what stands for its outputs; the same graph when that is the same. */
export const replaceOutputs = (graph: Graph, changed: ReadonlyMap<Node, Node>): Graph =>
  graph.outputs.some((output) => changed.has(output))
    ? { ...graph, outputs: graph.outputs.map((output) => changed.get(output) ?? output) }
    : graph
