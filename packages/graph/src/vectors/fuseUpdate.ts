import { sizeOf } from "@pushforward/core"
import { type AnyNode, type Graph, makeNode, type Node, nodesOf } from "../Graph.ts"
import type { LoopLayout } from "../onnx/toOnnxLoop.ts"
import {
  isCompiled,
  isNumber,
  memorySize,
  type VectorMemory,
  type VectorPass,
} from "./vectorCode.ts"

/** A part of the vector in a slot. */
export interface VectorPart {
  readonly slot: number
  readonly begin: number
  readonly size: number
}

/**
 * A step over long carried vectors, in two halves: a graph that reads parts of them, and a pass that updates them in place.
 *
 * **Details**
 *
 * - `graph`: inputs `[...parts, ...other carries, ...resident, ...inputs]`; outputs
 *   `[...parts that the pass takes, ...numbers that it takes, ...other carries, ...other outputs]`
 * - `pass`: its outputs are the next vectors and `told` of the step's outputs, which are numbers
 * - `opening`: what the first carries need before the first step
 * - `vectors`: the carries that lie in slots, the first of them in slot 0; `constants`: what lies in further slots
 */
export interface FusedStep {
  readonly graph: Graph
  readonly reads: ReadonlyArray<VectorPart>
  readonly writes: ReadonlyArray<VectorPart>
  readonly pass: VectorPass
  readonly opening: VectorPass
  readonly memory: VectorMemory
  readonly vectors: ReadonlyArray<number>
  readonly constants: ReadonlyArray<{ readonly slot: number; readonly values: ArrayLike<number> }>
  /** Numbers from the graph to the pass. */
  readonly given: number
  /** Which outputs of the step, behind its carries, come from the pass. */
  readonly told: ReadonlyArray<number>
}

/** Vectors from this length on are updated in place: the graph's own steps cost less for shorter ones. */
const longVector = 2 ** 18

/** WebAssembly's memory. */
const mostBytes = 2 ** 32 - 2 ** 16

/**
 * Takes what happens elementwise to long carried vectors out of a step: what an optimiser does to parameters is one pass
 * over memory then, and the rest of the step reads weights and writes gradients where they lie.
 *
 * **When to use**
 *
 * Use for steps over one flat vector of parameters with its moments, which a loop around the whole graph would split, join
 * and go through once for every operation.
 *
 * **Details**
 *
 * - The longest float32 vector of the carries and those of its length, if it has half a million elements or more;
 *   undefined when there is none
 * - Elementwise functions of carried vectors alone, such as masked weights, are kept beside them up to date
 * - The same numbers as before, but for sums over a whole vector, which are rounded once
 *
 * **Example** (Half of a vector is updated by the other)
 *
 * ```ts
 * import { fuseUpdate, makeNode } from "@pushforward/graph"
 *
 * const x = makeNode("Input", [], { name: "x", shape: [2_000_000], dtype: "float32" })
 * const part = (begin: number) => makeNode("Slice", [x], { begin: [begin], sizes: [1_000_000], strides: [1] })
 * const swapped = makeNode("Concat", [part(1_000_000), part(0)], { axis: 0 })
 * const step = { inputs: [x], outputs: [makeNode("Sub", [x, swapped], {})] }
 * fuseUpdate(step, { carry: 1, resident: 0, inputs: 0 })?.reads.length // => 2
 * ```
 *
 * @category writing
 */
export const fuseUpdate = (step: Graph, layout: LoopLayout): FusedStep | undefined => {
  const carried = step.inputs.slice(0, layout.carry)
  const length = Math.max(0, ...carried.filter(isFlat).map(({ shape }) => shape[0]!))
  if (length < longVector) return undefined
  const isVector = (node: Node): boolean => isFlat(node) && node.shape[0] === length
  const vectors = carried.flatMap((input, i) => (isVector(input) ? [i] : []))
  const carries = new Set<Node>(vectors.map((i) => carried[i]!))

  const order = nodesOf(step)
  const [fused, derived] = [new Set<Node>(), new Set<Node>()]
  for (const node of order) {
    const { op, inputs } = node
    const vector = isVector(node)
    const fits = inputs.every((input) => isNumber(input) || isVector(input))
    if (
      (vector && fits && (isCompiled(op) || op === "Expand")) ||
      (isNumber(node) && op === "ReduceSum" && isVector(inputs[0]!)) ||
      (isNumber(node) &&
        isCompiled(op) &&
        inputs.some((input) => isNumber(input) && fused.has(input)))
    ) {
      fused.add(node)
    }
    const known = (input: Node): boolean =>
      carries.has(input) || derived.has(input) || input.op === "Constant"
    if (fused.has(node) && vector && inputs.every(known)) derived.add(node)
  }
  return cut({ step, layout, length, order, carries, vectors, fused, derived, isVector })
}

const isFlat = ({ shape, dtype }: Node): boolean => shape.length === 1 && dtype === "float32"

interface Cut {
  readonly step: Graph
  readonly layout: LoopLayout
  readonly length: number
  readonly order: ReadonlyArray<AnyNode>
  readonly carries: ReadonlySet<Node>
  readonly vectors: ReadonlyArray<number>
  /** What a pass can compute. */
  readonly fused: ReadonlySet<Node>
  /** What a pass can compute from the carries alone. */
  readonly derived: ReadonlySet<Node>
  readonly isVector: (node: Node) => boolean
}

const cut = (given: Cut): FusedStep | undefined => {
  const { step, layout, length, order, carries, vectors, fused, derived, isVector } = given
  const next = vectors.map((i) => step.outputs[i]!)

  // What the pass computes, and what it takes from elsewhere.
  const inPass = new Set<Node>()
  const taken = new Set<Node>()
  const stack = [...next]
  while (stack.length > 0) {
    const node = stack.pop()!
    if (!fused.has(node)) taken.add(node)
    else if (!inPass.has(node)) {
      inPass.add(node)
      stack.push(...node.inputs)
    }
  }
  const outputs = step.outputs.slice(layout.carry)
  const told = outputs.flatMap((node, i) => (inPass.has(node) && isNumber(node) ? [i] : []))
  const takenVectors = [...taken].filter(
    (node) => isVector(node) && !carries.has(node) && node.op !== "Constant",
  )
  const takenNumbers = [...taken].filter((node) => isNumber(node) && node.op !== "Constant")

  // The graph: everything else, on parts of the vectors.
  const partsOf = (node: Node): ReadonlyArray<Node> => (node.op === "Concat" ? node.inputs : [node])
  const others = step.outputs.filter(
    (_, i) => !vectors.includes(i) && !told.includes(i - layout.carry),
  )
  const roots = [...takenVectors.flatMap(partsOf), ...takenNumbers, ...others]
  const sources: Array<Node> = [...carries]
  const reads: Array<VectorPart> = []
  const views = new Map<string, Node<"Input">>()
  const view = (source: Node, begin: number, size: number): Node => {
    if (!sources.includes(source)) sources.push(source)
    const slot = sources.indexOf(source)
    const name = `vector${slot}.${begin}.${size}`
    const before = views.get(name)
    if (before) return before
    const input = makeNode("Input", [], { name, shape: [size], dtype: "float32" })
    views.set(name, input)
    reads.push({ slot, begin, size })
    return input
  }
  const inSlot = (node: Node): boolean => carries.has(node) || derived.has(node)
  const images = new Map<Node, Node>()
  const image = (node: Node): Node => (inSlot(node) ? view(node, 0, length) : images.get(node)!)
  for (const node of nodesOf({ inputs: [], outputs: roots })) {
    if (inSlot(node)) continue
    const [source] = node.inputs
    if (node.op === "Slice" && inSlot(source!) && node.attributes.strides[0] === 1) {
      images.set(node, view(source!, node.attributes.begin[0]!, node.attributes.sizes[0]!))
      continue
    }
    const inputs = node.inputs.map(image)
    const same = inputs.every((input, i) => input === node.inputs[i])
    images.set(node, same ? node : makeNode(node.op, inputs, node.attributes as never))
  }
  const results = roots.map(image)
  const derivedSlots = sources.slice(carries.size)

  // Slots: carries, derived vectors, constants, vectors from the graph.
  const masks = order.filter(
    (node): node is Node<"Constant"> =>
      node.op === "Constant" && isVector(node) && node.attributes.values.length > 1,
  )
  const slots: ReadonlyArray<Node> = [...sources, ...masks, ...takenVectors]
  const slotInputs = slots.map((_, slot) =>
    makeNode("Input", [], { name: `vector${slot}`, shape: [length], dtype: "float32" }),
  )
  const numberInputs = takenNumbers.map(({ shape }, i) =>
    makeNode("Input", [], { name: `number${i}`, shape, dtype: "float32" }),
  )
  const memory: VectorMemory = {
    length,
    slots: slots.length,
    numbers: takenNumbers.length + told.length,
  }
  if (memorySize(memory) > mostBytes) return undefined

  /** Nodes of the step as nodes of a pass, which finds the carries where `at` says. */
  const passNodes = (at: ReadonlyArray<Node>, nodes: ReadonlySet<Node>): ((node: Node) => Node) => {
    const known = new Map<Node, Node>([
      ...[...slots.entries()].map(([slot, node]) => [node, slotInputs[slot]!] as const),
      ...takenNumbers.map((node, i) => [node, numberInputs[i]!] as const),
      ...[...carries].map((node, i) => [node, at[i]!] as const),
    ])
    for (const node of order) {
      if (!nodes.has(node)) continue
      const inputs = node.inputs.map((input) => known.get(input) ?? input)
      known.set(node, makeNode(node.op, inputs, node.attributes as never))
    }
    return (node) => known.get(node) ?? node
  }
  const inputs = [...slotInputs, ...numberInputs]
  const placeOf = passNodes(slotInputs, inPass)
  const nextVectors = next.map(placeOf)
  const nextDerived = derivedSlots.map(passNodes(nextVectors, derived))
  const derivedInto = derivedSlots.map((_, i) => carries.size + i)
  const parts = takenVectors.flatMap((node, i) => {
    let begin = 0
    return partsOf(node).map((part) => {
      const size = sizeOf(part.shape)
      begin += size
      return { slot: sources.length + masks.length + i, begin: begin - size, size }
    })
  })
  return {
    graph: {
      inputs: [
        ...views.values(),
        ...step.inputs.filter((input) => !carries.has(input)),
      ] as ReadonlyArray<Node<"Input">>,
      outputs: results,
    },
    reads,
    writes: parts,
    pass: {
      graph: {
        inputs,
        outputs: [...nextVectors, ...nextDerived, ...told.map((i) => placeOf(outputs[i]!))],
      },
      into: [...vectors.keys(), ...derivedInto],
    },
    opening: {
      graph: { inputs, outputs: derivedSlots.map(passNodes(slotInputs, derived)) },
      into: derivedInto,
    },
    memory,
    vectors,
    constants: masks.map(({ attributes }, i) => ({
      slot: sources.length + i,
      values: attributes.values,
    })),
    given: takenNumbers.length,
    told,
  }
}
