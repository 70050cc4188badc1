import { type AnyNode, type Graph, makeNode, type Node, nodesOf, type ReduceOp } from "../Graph.ts"
import type { LoopLayout } from "./toOnnxLoop.ts"

/** What is left beside the large slices is carried in pieces of about this many elements. */
const restPiece = 2 ** 16

/** A part of a carried vector: these ranges of it, one after the other. */
export interface CarryPiece {
  readonly ranges: ReadonlyArray<readonly [begin: number, size: number]>
  readonly size: number
}

/** A step that carries pieces, and for each carry of the step before what its pieces are; undefined when it stayed whole. */
export interface SplitStep {
  readonly step: Graph
  readonly layout: LoopLayout
  readonly pieces: ReadonlyArray<ReadonlyArray<CarryPiece> | undefined>
}

/** Vectors from this length on are cut: shorter ones stay in the caches, and whole they take fewer operations. */
const longVector = 2 ** 19

/** Slices of at least this many elements become pieces of their own: a matrix of weights; smaller ones share one. */
const ownPiece = 2 ** 14

/**
 * Carries long vectors in pieces: the large slices that a step takes of them each for itself, the rest in groups.
 *
 * **When to use**
 *
 * Use before {@link toOnnxLoop} for steps over one flat vector of parameters: the vector is neither split nor joined
 * inside the loop, and what an optimiser does to it happens piece by piece, within the processor's caches.
 *
 * **Details**
 *
 * - Vectors of less than half a million elements stay whole
 * - Vectors of one length are cut alike, such as the moments beside the parameters
 * - The same numbers as before, but for sums over a whole vector, which are done piece by piece
 *
 * **Example** (A vector that is used in two parts)
 *
 * ```ts
 * import { makeNode, type Node, splitCarries } from "@pushforward/graph"
 *
 * const x = makeNode("Input", [], { name: "x", shape: [2_000_000], dtype: "float32" })
 * const part = (begin: number) => makeNode("Slice", [x], { begin: [begin], sizes: [1_000_000], strides: [1] })
 * const step = { inputs: [x], outputs: [makeNode("Concat", [part(1_000_000), part(0)], { axis: 0 })] }
 * splitCarries(step, { carry: 1, resident: 0, inputs: 0 }).layout.carry // => 2
 * ```
 *
 * @category writing
 */
export const splitCarries = (step: Graph, layout: LoopLayout): SplitStep => {
  const order = nodesOf(step)
  const carried = step.inputs.slice(0, layout.carry)
  const cuts = new Map<number, ReadonlyArray<CarryPiece>>()
  for (const { shape, dtype } of carried) {
    const [length] = shape
    if (shape.length !== 1 || dtype !== "float32" || length! < longVector || cuts.has(length!))
      continue
    const pieces = cutsOf(order, length!)
    if (pieces) cuts.set(length!, pieces)
  }
  if (cuts.size === 0) return { step, layout, pieces: carried.map(() => undefined) }
  return rebuild(step, layout, order, cuts)
}

/** How vectors of this length are cut, or undefined when no two of their slices are large. */
const cutsOf = (
  order: ReadonlyArray<AnyNode>,
  length: number,
): ReadonlyArray<CarryPiece> | undefined => {
  const ranges = new Map<string, readonly [number, number]>()
  for (const { op, inputs, attributes } of order) {
    if (op !== "Slice" || inputs[0]!.shape.length !== 1 || inputs[0]!.shape[0] !== length) continue
    const { begin, sizes, strides } = attributes
    if (strides[0] === 1) ranges.set(`${begin[0]}+${sizes[0]}`, [begin[0]!, sizes[0]!])
  }
  const large = [...ranges.values()]
    .filter(([, size]) => size >= ownPiece)
    .toSorted(([a], [b]) => a - b)
  if (large.length < 2) return undefined
  const rest: Array<readonly [number, number]> = []
  let end = 0
  for (const [begin, size] of large) {
    if (begin < end) return undefined
    if (begin > end) rest.push([end, begin - end])
    end = begin + size
  }
  if (end < length) rest.push([end, length - end])
  const piece = (...list: ReadonlyArray<readonly [number, number]>): CarryPiece => ({
    ranges: list,
    size: list.reduce((sum, [, size]) => sum + size, 0),
  })
  const groups: Array<Array<readonly [number, number]>> = []
  let size = restPiece
  for (const range of rest) {
    if (size >= restPiece) {
      groups.push([])
      size = 0
    }
    groups.at(-1)!.push(range)
    size += range[1]
  }
  return [...large.map((range) => piece(range)), ...groups.map((group) => piece(...group))]
}

/** How partial results of a reduction go together. */
const combined: { readonly [K in ReduceOp]: "Add" | "Mul" | "Max" | "Min" | "And" | "Or" } = {
  ReduceSum: "Add",
  ReduceProd: "Mul",
  ReduceMax: "Max",
  ReduceMin: "Min",
  ReduceAll: "And",
  ReduceAny: "Or",
}

/** Operations that treat the elements of a vector alike, whatever their places. */
const isElementwise = ({ op, inputs }: AnyNode): boolean =>
  inputs.length > 0 && ![...Object.keys(combined), ...movers].includes(op)

const movers: ReadonlyArray<string> = [
  "MatMul",
  "Reshape",
  "Transpose",
  "Expand",
  "Slice",
  "Concat",
  "Pad",
  "Tile",
  "Gather",
  "ScatterAdd",
  "CumSum",
  "ArgMax",
  "ArgMin",
  "Scan",
]

const sliceOf = (x: Node, begin: number, size: number): Node =>
  begin === 0 && size === x.shape[0]
    ? x
    : makeNode("Slice", [x], { begin: [begin], sizes: [size], strides: [1] })

const numbersAt = (
  values: ArrayLike<number>,
  ranges: CarryPiece["ranges"],
  size: number,
): Float64Array => {
  const numbers = new Float64Array(size)
  let at = 0
  for (const [begin, count] of ranges) {
    for (let i = 0; i < count; i++) numbers[at++] = values[begin + i]!
  }
  return numbers
}

const joined = (parts: ReadonlyArray<Node>): Node =>
  parts.length === 1 ? parts[0]! : makeNode("Concat", parts, { axis: 0 })

const rebuild = (
  step: Graph,
  layout: LoopLayout,
  order: ReadonlyArray<AnyNode>,
  cuts: ReadonlyMap<number, ReadonlyArray<CarryPiece>>,
): SplitStep => {
  const carried = step.inputs.slice(0, layout.carry)
  const cutOf = ({ shape }: Node): ReadonlyArray<CarryPiece> | undefined =>
    shape.length === 1 ? cuts.get(shape[0]!) : undefined
  const isOne = ({ shape }: Node): boolean => shape.every((size) => size === 1) && shape.length <= 1

  /** Vectors that are made piece by piece. */
  const isSplit = (node: AnyNode): boolean => {
    if (!cutOf(node)) return false
    if (node.op === "Input") return carried.includes(node)
    if (node.op === "Constant" || node.op === "Concat") return true
    if (node.op === "Expand") return isOne(node.inputs[0]!)
    return (
      isElementwise(node) &&
      node.inputs.every((input) => isOne(input) || input.shape.join() === node.shape.join())
    )
  }

  const wholes = new Map<Node, Node>()
  const parts = new Map<Node, ReadonlyArray<Node>>()

  const whole = (node: Node): Node => {
    if (node.op === "Constant") return node
    const before = wholes.get(node)
    if (before) return before
    // Pieces in the order of their places; only what has pieces gets here.
    const pieces = piecesOf(node)
    const located = cutOf(node)!.flatMap(({ ranges }, i) => {
      let offset = 0
      return ranges.map(([begin, size]) => {
        const part = { begin, node: sliceOf(pieces[i]!, offset, size) }
        offset += size
        return part
      })
    })
    const result = joined(located.toSorted((a, b) => a.begin - b.begin).map((part) => part.node))
    wholes.set(node, result)
    return result
  }

  const piecesOf = (node: Node): ReadonlyArray<Node> => {
    const before = parts.get(node)
    if (before) return before
    const result = makePieces(node as AnyNode, cutOf(node)!)
    parts.set(node, result)
    return result
  }

  const makePieces = (node: AnyNode, cut: ReadonlyArray<CarryPiece>): ReadonlyArray<Node> => {
    if (!isSplit(node)) {
      const x = whole(node)
      return cut.map(({ ranges }) => joined(ranges.map(([begin, size]) => sliceOf(x, begin, size))))
    }
    if (node.op === "Input") {
      return cut.map(({ size }, i) =>
        makeNode("Input", [], {
          ...node.attributes,
          name: `${node.attributes.name}.${i}`,
          shape: [size],
        }),
      )
    }
    if (node.op === "Constant") {
      const { values, dtype } = node.attributes
      return cut.map(({ ranges, size }) =>
        makeNode("Constant", [], {
          dtype,
          shape: [size],
          values: values.length === 1 ? values : numbersAt(values, ranges, size),
        }),
      )
    }
    if (node.op === "Concat") {
      return cut.map(({ ranges }) => joined(ranges.flatMap((range) => within(node.inputs, range))))
    }
    if (node.op === "Expand") {
      return cut.map(({ size }) => makeNode("Expand", [whole(node.inputs[0]!)], { shape: [size] }))
    }
    return cut.map((_, i) =>
      makeNode(
        node.op,
        node.inputs.map((input) => (isOne(input) ? whole(input) : piecesOf(input)[i]!)),
        node.attributes as never,
      ),
    )
  }

  /** What lies between two places of joined vectors. */
  const within = (
    inputs: ReadonlyArray<Node>,
    [begin, size]: readonly [number, number],
  ): ReadonlyArray<Node> => {
    let start = 0
    return inputs.flatMap((input) => {
      const [from, to] = [Math.max(begin, start), Math.min(begin + size, start + input.shape[0]!)]
      const offset = from - start
      start += input.shape[0]!
      return to > from ? [sliceOf(whole(input), offset, to - from)] : []
    })
  }

  /** A part of a vector in pieces, if it lies within one range of one piece. */
  const sliceOfPieces = (node: Node<"Slice">): Node | undefined => {
    const [source] = node.inputs as [AnyNode]
    const { begin, sizes, strides } = node.attributes
    const [from, size] = [begin[0]!, sizes[0]!]
    if (strides[0] !== 1 || !isSplit(source)) return undefined
    for (const [i, { ranges }] of cutOf(source)!.entries()) {
      let offset = 0
      for (const [start, count] of ranges) {
        if (from >= start && from + size <= start + count) {
          return sliceOf(piecesOf(source)[i]!, offset + from - start, size)
        }
        offset += count
      }
    }
    return undefined
  }

  const rule = (node: AnyNode): Node => {
    const [source] = node.inputs as ReadonlyArray<AnyNode>
    if (node.op === "Slice") {
      const part = sliceOfPieces(node)
      if (part) return part
    }
    if (
      node.op in combined &&
      isSplit(source!) &&
      (node as Node<ReduceOp>).attributes.axes.length === 1
    ) {
      const { op, attributes } = node as Node<ReduceOp>
      return piecesOf(source!)
        .map((piece): Node => makeNode(op, [piece], attributes))
        .reduce((a, b) => makeNode(combined[op], [a, b], {}))
    }
    const inputs = node.inputs.map(whole)
    return inputs.every((input, i) => input === node.inputs[i])
      ? node
      : makeNode(node.op, inputs, node.attributes as never)
  }

  for (const node of order) {
    if (!isSplit(node)) wholes.set(node, node.op === "Input" ? node : rule(node))
  }
  const carryInputs = carried.flatMap((input) =>
    cutOf(input) ? (piecesOf(input) as ReadonlyArray<Node<"Input">>) : [input],
  )
  const carryOutputs = carried.flatMap((input, i) => {
    const next = step.outputs[i]!
    return cutOf(input) ? piecesOf(next) : [whole(next)]
  })
  return {
    step: {
      inputs: [...carryInputs, ...step.inputs.slice(layout.carry)],
      outputs: [...carryOutputs, ...step.outputs.slice(layout.carry).map(whole)],
    },
    layout: { ...layout, carry: carryInputs.length },
    pieces: carried.map(cutOf),
  }
}
