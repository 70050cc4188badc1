import { type AnyNode, type Graph, type Node, nodesOf, type OpName } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import { arithmetic, type Code, code, instruction, moduleOf, types } from "./wasm.ts"

/** Operations on vectors of one length and on numbers that are compiled. */
export const isCompiled = (op: OpName): op is keyof typeof arithmetic => op in arithmetic

/** Whether a node is a single float32. */
export const isNumber = ({ shape, dtype }: Node): boolean =>
  dtype === "float32" && shape.length <= 1 && shape.every((size) => size === 1)

/** Where things lie in the memory of a pass: its numbers, then vectors of one length, each from a slot's start. */
export interface VectorMemory {
  readonly length: number
  readonly slots: number
  readonly numbers: number
}

/** The first byte of the number at a place. */
export const numberAt = (place: number): number => 4 * place

/** The first byte of a vector, at a multiple of 64. */
export const slotAt = ({ length, numbers }: VectorMemory, slot: number): number =>
  64 * (Math.ceil(numbers / 16) + slot * Math.ceil(length / 16))

/** How many bytes there are. */
export const memorySize = (memory: VectorMemory): number => slotAt(memory, memory.slots)

/**
 * What happens to vectors of one length in place.
 *
 * **Details**
 *
 * - `graph`: inputs are vectors, input `i` in slot `i`, and then numbers; outputs are vectors, written `into` their slots
 *   when all are known, and then numbers. The numbers of inputs and outputs lie in this order at the start of the memory
 * - Operations: elementwise arithmetic with numbers broadcasting, and sums over whole vectors
 */
export interface VectorPass {
  readonly graph: Graph
  readonly into: ReadonlyArray<number>
}

/**
 * A pass as a WebAssembly module: reads each vector once for the outputs, and once more for each sum that depends on
 * another. Import `host.memory`, call `run()`.
 *
 * **Details**
 *
 * - Four elements at a time; sums in float64
 * - Throws: {@link GraphError} for an operation that has no code
 */
export const vectorCode = (
  { graph, into }: VectorPass,
  memory: VectorMemory,
): Uint8Array<ArrayBuffer> => {
  const { length } = memory
  const order = nodesOf(graph)
  const isVector = (node: Node): boolean => !isNumber(node)
  const vectorInputs = graph.inputs.filter(isVector)
  const numberInputs = graph.inputs.filter(isNumber)

  const locals: Array<number> = [types.i32]
  const local = (type: keyof typeof types): number => locals.push(types[type]) - 1
  const cursor = 0
  /** A local for one element of each node, and one for four. */
  const ones = new Map<Node, number>(order.map((node) => [node, local("f32")]))
  const fours = new Map<Node, number>(order.map((node) => [node, local("v128")]))
  const sums = new Map(
    order
      .filter(({ op }) => op === "ReduceSum")
      .map((node) => [
        node as Node,
        { low: local("v128"), high: local("v128"), rest: local("f64") },
      ]),
  )

  /** How many sums come one after the other before a node is known. */
  const depths = new Map<Node, number>()
  for (const node of order) {
    const before = Math.max(0, ...node.inputs.map((input) => depths.get(input)!))
    depths.set(node, sums.has(node) ? before + 1 : before)
  }

  const set = (node: Node, four: boolean, value: Code): Code => [
    ...value,
    ...code.set((four ? fours : ones).get(node)!),
  ]
  const get = (node: Node, four: boolean): Code => code.get((four ? fours : ones).get(node)!)

  const arithmeticOf = ({ op, inputs }: AnyNode, four: boolean): Code => {
    if (op === "Expand") return get(inputs[0]!, four)
    if (!isCompiled(op)) {
      throw new GraphError(
        `vectorCode: no code for ${op}. Leave it to the graph before the pass: isCompiled tells what there is code for.`,
      )
    }
    return [...inputs.flatMap((input) => get(input, four)), ...instruction(op, four)]
  }

  /** A number, in a local for one and spread over a local for four. */
  const number = (node: AnyNode): Code => {
    const sum = sums.get(node)
    const place = numberInputs.indexOf(node as Node<"Input">)
    const value = sum
      ? [
          ...code.get(sum.rest),
          ...[sum.low, sum.high].flatMap((half) =>
            [0, 1].flatMap((lane) => [...code.get(half), ...code.lane(lane), ...code.addDouble]),
          ),
          ...code.single,
        ]
      : node.op === "Constant"
        ? code.float(node.attributes.values[0]!)
        : place >= 0
          ? [...code.int(0), ...code.load(numberAt(place))]
          : arithmeticOf(node, false)
    return [...set(node, false, value), ...set(node, true, [...get(node, false), ...code.splat])]
  }
  const numbersOfDepth = (depth: number): Code =>
    order
      .filter((node) => (isNumber(node) || isUniform(node)) && depths.get(node) === depth)
      .flatMap(number)

  /** Elements of the vectors that `roots` need, inputs first. */
  const elements = (roots: ReadonlyArray<Node>, four: boolean): Code =>
    nodesOf({ inputs: [], outputs: roots })
      .filter((node) => isVector(node) && !isUniform(node))
      .flatMap((node) => {
        const slot = vectorInputs.indexOf(node as Node<"Input">)
        if (slot < 0) return set(node, four, arithmeticOf(node, four))
        const at = slotAt(memory, slot)
        const value = four ? code.loadVector(at) : code.load(at)
        return set(node, four, [...code.get(cursor), ...value])
      })

  /** Goes through all elements, four at a time and then one at a time. */
  const through = (body: (four: boolean) => Code): Code => {
    const whole = length - (length % 4)
    return [
      ...code.int(0),
      ...code.set(cursor),
      ...(whole > 0 ? code.loop(cursor, 4 * whole, 16, body(true)) : []),
      ...(whole < length ? code.loop(cursor, 4 * length, 4, body(false)) : []),
    ]
  }

  const accumulate = (node: Node, four: boolean): Code => {
    const { low, high, rest } = sums.get(node)!
    const x = get(node.inputs[0]!, four)
    if (!four) {
      return [...code.get(rest), ...x, ...code.double, ...code.addDouble, ...code.set(rest)]
    }
    return [
      ...code.get(low),
      ...x,
      ...code.low,
      ...code.addDoubles,
      ...code.set(low),
      ...code.get(high),
      ...x,
      ...x,
      ...code.high,
      ...code.low,
      ...code.addDoubles,
      ...code.set(high),
    ]
  }

  const deepest = Math.max(0, ...depths.values())
  const summing = Array.from({ length: deepest }, (_, depth): Code => {
    const due = [...sums.keys()].filter((node) => depths.get(node) === depth + 1)
    const roots = due.map((node) => node.inputs[0]!)
    return [
      ...through((four) => [
        ...elements(roots, four),
        ...due.flatMap((node) => accumulate(node, four)),
      ]),
      ...numbersOfDepth(depth + 1),
    ]
  })

  const results = graph.outputs.slice(0, into.length)
  const stored = through((four) => [
    ...elements(results, four),
    ...results.flatMap((node, i) => {
      const at = slotAt(memory, into[i]!)
      const store = four ? code.storeVector(at) : code.store(at)
      return [...code.get(cursor), ...get(node, four), ...store]
    }),
  ])
  const told = graph.outputs
    .slice(into.length)
    .flatMap((node, i) => [
      ...code.int(0),
      ...get(node, false),
      ...code.store(numberAt(numberInputs.length + i)),
    ])

  return moduleOf(locals, [...numbersOfDepth(0), ...summing.flat(), ...stored, ...told])
}

/** A vector whose elements are all one constant. */
const isUniform = (node: AnyNode): boolean =>
  node.op === "Constant" && node.attributes.values.length === 1
