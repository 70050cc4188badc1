import { type Shape, sizeOf } from "@pushforward/core"
import { type Graph, makeNode, type Node, nodesOf } from "../Graph.ts"
import type { LoopLayout } from "../onnx/toOnnxLoop.ts"
import { isOp } from "../simplify/Pass.ts"
import { factorsAtOnce } from "./factorsAtOnce.ts"
import {
  isCompiled,
  isNumber,
  memorySize,
  type VectorMemory,
  type VectorPass,
} from "./vectorCode.ts"

/** Where a part of a vector lies: so many numbers of a slot from `begin` on, in the shape that the graph has them in. */
export interface VectorPart {
  readonly slot: number
  readonly begin: number
  readonly shape: Shape
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
 * - Constant factors of parts, such as the masks of weights and of their gradients, are factors of whole vectors
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
export const fuseUpdate = (given: Graph, layout: LoopLayout): FusedStep | undefined => {
  const carried = given.inputs.slice(0, layout.carry)
  const length = Math.max(0, ...carried.filter(isFlat).map(({ shape }) => shape[0]!))
  if (length < longVector) return undefined
  const step = factorsAtOnce(given, length)
  const isVector = (node: Node): boolean => isFlat(node) && node.shape[0] === length
  const vectors = carried.flatMap((input, i) => (isVector(input) ? [i] : []))
  const carries: ReadonlyArray<Node> = vectors.map((i) => carried[i]!)
  const { fused, derived } = fusible(step, carries, isVector)

  const next = vectors.map((i) => step.outputs[i]!)
  const { inPass, taken } = reach(next, fused)
  const outputs = step.outputs.slice(layout.carry)
  const told = outputs.flatMap((node, i) => (inPass.has(node) && isNumber(node) ? [i] : []))
  const others = step.outputs.filter(
    (_, i) => !vectors.includes(i) && !told.includes(i - layout.carry),
  )
  const takenNumbers = taken.filter((node) => isNumber(node) && node.op !== "Constant")
  const takenVectors = taken.filter(
    (node) => isVector(node) && !carries.includes(node) && node.op !== "Constant",
  )
  const parts = takenVectors.map((node) =>
    (isOp(node, "Concat") ? node.inputs : [node]).map((part) =>
      isOp(part, "Reshape") ? part.inputs[0]! : part,
    ),
  )
  const rest = onParts(
    [...parts.flat(), ...takenNumbers, ...others],
    (node) => carries.includes(node) || derived.has(node),
    carries,
  )
  const kept = rest.sources.slice(carries.length)

  // Slots: carries, what is derived from them, constants, vectors from the graph.
  const constants = nodesOf({ inputs: [], outputs: [...inPass, ...kept] }).filter(
    (node): node is Node<"Constant"> =>
      node.op === "Constant" && isVector(node) && node.attributes.values.length > 1,
  )
  const slots: ReadonlyArray<Node> = [...rest.sources, ...constants, ...takenVectors]
  const memory: VectorMemory = {
    length,
    slots: slots.length,
    numbers: takenNumbers.length + told.length,
  }
  if (memorySize(memory) > mostBytes) return undefined

  const asInput = (shape: Shape, name: string): Node<"Input"> =>
    makeNode("Input", [], { name, shape, dtype: "float32" })
  const slotInputs = slots.map(({ shape }, slot) => asInput(shape, `vector${slot}`))
  const numberInputs = takenNumbers.map(({ shape }, i) => asInput(shape, `number${i}`))
  const inputs = [...slotInputs, ...numberInputs]
  const places = new Map<Node, Node>(
    [...slots, ...takenNumbers].map((node, i) => [node, inputs[i]!]),
  )
  const derive = (from: ReadonlyArray<Node>): ReadonlyArray<Node> =>
    replaced(
      kept,
      new Map(
        [...places].flatMap(([node, input]) => {
          if (kept.includes(node)) return []
          const carry = carries.indexOf(node)
          return [[node, carry < 0 ? input : from[carry]!]]
        }),
      ),
    )
  const updated = replaced([...next, ...told.map((i) => outputs[i]!)], places)
  const nextVectors = updated.slice(0, next.length)
  const keptInto = kept.map((_, i) => carries.length + i)
  const firstTaken = rest.sources.length + constants.length
  return {
    graph: {
      inputs: [...rest.inputs, ...step.inputs.filter((input: Node) => !carries.includes(input))],
      outputs: rest.outputs,
    },
    reads: rest.reads,
    writes: parts.flatMap((each, i) => {
      let begin = 0
      return each.map(({ shape }) => {
        begin += sizeOf(shape)
        return { slot: firstTaken + i, begin: begin - sizeOf(shape), shape }
      })
    }),
    pass: {
      graph: {
        inputs,
        outputs: [...nextVectors, ...derive(nextVectors), ...updated.slice(next.length)],
      },
      into: [...vectors.keys(), ...keptInto],
    },
    opening: { graph: { inputs, outputs: derive(slotInputs) }, into: keptInto },
    memory,
    vectors,
    constants: constants.map(({ attributes }, i) => ({
      slot: rest.sources.length + i,
      values: attributes.values,
    })),
    given: takenNumbers.length,
    told,
  }
}

const isFlat = ({ shape, dtype }: Node): boolean => shape.length === 1 && dtype === "float32"

/** What a pass can compute, and which vectors of it from the carries alone. */
const fusible = (
  step: Graph,
  carries: ReadonlyArray<Node>,
  isVector: (node: Node) => boolean,
): { readonly fused: ReadonlySet<Node>; readonly derived: ReadonlySet<Node> } => {
  const [fused, derived] = [new Set<Node>(), new Set<Node>()]
  for (const node of nodesOf(step)) {
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
      carries.includes(input) || derived.has(input) || input.op === "Constant"
    if (fused.has(node) && vector && inputs.every(known)) derived.add(node)
  }
  return { fused, derived }
}

/** What the pass computes for `roots`, and what it takes from elsewhere. */
const reach = (
  roots: ReadonlyArray<Node>,
  fused: ReadonlySet<Node>,
): { readonly inPass: ReadonlySet<Node>; readonly taken: ReadonlyArray<Node> } => {
  const [inPass, taken] = [new Set<Node>(), new Set<Node>()]
  const stack = [...roots]
  while (stack.length > 0) {
    const node = stack.pop()!
    if (!fused.has(node)) taken.add(node)
    else if (!inPass.has(node)) {
      inPass.add(node)
      stack.push(...node.inputs)
    }
  }
  return { inPass, taken: [...taken] }
}

/** `roots` as a graph that reads parts of vectors where they lie. `sources`: the vectors of which it does. */
const onParts = (
  roots: ReadonlyArray<Node>,
  lies: (node: Node) => boolean,
  carries: ReadonlyArray<Node>,
) => {
  const sources: Array<Node> = [...carries]
  const reads: Array<VectorPart> = []
  const inputs = new Map<string, Node<"Input">>()
  const parts = new Map<Node, { readonly source: Node; readonly begin: number }>()
  const images = new Map<Node, Node>()
  const image = (node: Node): Node => {
    const part = parts.get(node)
    if (part === undefined) return images.get(node)!
    const { shape } = node
    const { source, begin } = part
    if (!sources.includes(source)) sources.push(source)
    const slot = sources.indexOf(source)
    const name = `vector${slot}.${begin}.${shape.join("x")}`
    const known = inputs.get(name)
    if (known) return known
    const input = makeNode("Input", [], { name, shape, dtype: "float32" })
    inputs.set(name, input)
    reads.push({ slot, begin, shape })
    return input
  }
  for (const node of nodesOf({ inputs: [], outputs: roots })) {
    const within = parts.get(node.inputs[0]!)
    if (lies(node)) {
      parts.set(node, { source: node, begin: 0 })
    } else if (within && isOp(node, "Reshape")) {
      parts.set(node, within)
    } else if (
      within &&
      isOp(node, "Slice") &&
      node.shape.length === 1 &&
      node.attributes.strides[0] === 1
    ) {
      parts.set(node, { ...within, begin: within.begin + node.attributes.begin[0]! })
    } else {
      const next = node.inputs.map(image)
      const same = next.every((input, i) => input === node.inputs[i])
      images.set(node, same ? node : makeNode(node.op, next, node.attributes as never))
    }
  }
  const outputs = roots.map(image)
  return { inputs: [...inputs.values()], outputs, reads, sources }
}

/** `roots` with the nodes of `places` replaced. */
const replaced = (
  roots: ReadonlyArray<Node>,
  places: ReadonlyMap<Node, Node>,
): ReadonlyArray<Node> => {
  const done = new Map(places)
  const image = (node: Node): Node => {
    const known = done.get(node)
    if (known) return known
    const inputs = node.inputs.map(image)
    const next = inputs.length > 0 ? makeNode(node.op, inputs, node.attributes as never) : node
    done.set(node, next)
    return next
  }
  return roots.map(image)
}
