import { sizeOf } from "@pushforward/core"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  evaluate,
  type FusedStep,
  fuseUpdate,
  type Graph,
  GraphError,
  makeNode,
  memorySize,
  type Node,
  nodesOf,
  numberAt,
  slotAt,
  vectorCode,
  type VectorPass,
} from "../src/index.ts"
import { constant, input } from "./onnx/runModel.ts"

/** Runs a pass as it is compiled; gives what lies in its slots then, and its numbers. */
const runPass = (
  { graph, into }: VectorPass,
  length: number,
  vectors: ReadonlyArray<ArrayLike<number>>,
  numbers: ReadonlyArray<number> = [],
) => {
  const told = graph.outputs.length - into.length
  const plan = { length, slots: vectors.length, numbers: numbers.length + told }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(memorySize(plan) / 2 ** 16) })
  const slots = vectors.map((values, i) => {
    const slot = new Float32Array(memory.buffer, slotAt(plan, i), length)
    slot.set(values)
    return slot
  })
  const all = new Float32Array(memory.buffer, numberAt(0), plan.numbers)
  all.set(numbers)
  const module = new WebAssembly.Module(vectorCode({ graph, into }, plan))
  const { exports } = new WebAssembly.Instance(module, { host: { memory } })
  ;(exports["run"] as () => void)()
  return {
    slots: slots.map((slot) => Array.from(slot)),
    told: Array.from(all).slice(numbers.length),
  }
}

const node = (op: "Add" | "Sub" | "Mul" | "Div" | "Max" | "Min", ...inputs: Array<Node>): Node =>
  makeNode(op, inputs, {})
const sumOf = (x: Node): Node => makeNode("ReduceSum", [x], { axes: [0], keepDims: false })

describe("vectorCode", () => {
  const odd = [1.5, -2.5, 0, -0, 1e30, Infinity, -Infinity, NaN, 0.5, 3, -7.25]

  it.each([
    ["Abs", Math.abs],
    ["Neg", (x: number) => -x],
    ["Ceil", Math.ceil],
    ["Floor", Math.floor],
    ["Sqrt", Math.sqrt],
  ] as const)("%s", (op, f) => {
    const x = input([odd.length])
    const pass = { graph: { inputs: [x], outputs: [makeNode(op, [x], {})] }, into: [0] }
    expect(runPass(pass, odd.length, [odd]).slots[0]).toEqual(odd.map((v) => Math.fround(f(v))))
  })

  it.each([
    ["Add", (x: number, y: number) => x + y],
    ["Sub", (x: number, y: number) => x - y],
    ["Mul", (x: number, y: number) => x * y],
    ["Div", (x: number, y: number) => x / y],
    ["Min", Math.min],
    ["Max", Math.max],
  ] as const)("%s, of two vectors, and of a vector and a number", (op, f) => {
    const [x, y, k] = [input([odd.length], "float32", "x"), input([odd.length]), input([])]
    const other = odd.toReversed()
    const outputs = [node(op, x, y), node(op, k, y)]
    const pass = { graph: { inputs: [x, y, k], outputs }, into: [0, 1] }
    const { slots } = runPass(pass, odd.length, [odd, other], [0.75])
    expect(slots[0]).toEqual(
      odd.map((v, i) => Math.fround(f(Math.fround(v), Math.fround(other[i]!)))),
    )
    expect(slots[1]).toEqual(other.map((v) => Math.fround(f(0.75, Math.fround(v)))))
  })

  it("is what the graph says in float64, whatever its length, with sums of sums", () => {
    // What no operation blows up.
    const value = fc.integer({ min: 1, max: 64 }).map((n) => n / 16)
    const choices = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), {
      minLength: 1,
      maxLength: 12,
    })
    const tame = (x: Node): Node =>
      node("Div", x, node("Add", makeNode("Abs", [x], {}), constant([1])))
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 23 }), choices, fc.gen(), (length, steps, g) => {
        const [x, y, k] = [input([length], "float32", "x"), input([length]), input([])]
        const nodes: Array<Node> = [x, y, k, constant([0.5], [length]), constant([2])]
        for (const [what, a, b] of steps) {
          const [left, right] = [nodes[a % nodes.length]!, nodes[b % nodes.length]!]
          const ops = ["Add", "Sub", "Mul", "Max", "Min", "sum"] as const
          const op = ops[what % ops.length]!
          const made =
            op === "sum" ? sumOf(left.shape.length === 1 ? left : x) : node(op, left, right)
          nodes.push(tame(made))
        }
        const made = nodes.slice(5)
        const vectors = made.filter(({ shape }) => shape.length === 1).slice(-2)
        const numbers = made.filter(({ shape }) => shape.length === 0).slice(-2)
        const graph = { inputs: [x, y, k], outputs: [...vectors, ...numbers] }
        const values = [0, 1].map(() => Array.from({ length }, () => g(() => value)))
        const [result, expected] = [
          runPass({ graph, into: vectors.map((_, i) => i) }, length, values, [0.25]),
          evaluate(graph, [
            ...values.map((each) => ({ shape: [length], values: each })),
            { shape: [], values: [0.25] },
          ]),
        ]
        const got = [...result.slots.slice(0, vectors.length), ...result.told.map((each) => [each])]
        expected.forEach((each, i) =>
          [...each.values].forEach((wanted, at) => expect(got[i]![at]).toBeCloseTo(wanted, 4)),
        )
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it("refuses an operation that it has no code for", () => {
    const x = input([8])
    const pass = { graph: { inputs: [x], outputs: [makeNode("Tanh", [x], {})] }, into: [0] }
    expect(() => runPass(pass, 8, [odd.slice(0, 8)])).toThrow(GraphError)
    expect(() => runPass(pass, 8, [odd.slice(0, 8)])).toThrow("no code for Tanh")
  })
})

const n = 2 ** 18 + 7

/** A vector used masked, in parts and as a whole, with a moment beside it, a norm, and a carried number. */
const step = (): Graph => {
  const [x, m] = [input([n], "float32", "x"), input([n], "float32", "m")]
  const [count, rate] = [input([], "float32", "count"), input([1], "float32", "rate")]
  const mask = constant(
    Float32Array.from({ length: n }, (_, i) => i % 3),
    [n],
  )
  const weights = node("Mul", x, mask)
  const part = (of: Node, begin: number, size: number) =>
    makeNode("Slice", [of], { begin: [begin], sizes: [size], strides: [1] })
  const gradient = makeNode(
    "Concat",
    [
      makeNode("Sin", [part(weights, 0, 100_000)], {}),
      part(x, 100_000, 10),
      makeNode("Tanh", [part(weights, 100_010, n - 100_020)], {}),
      constant([0.5], [10]),
    ],
    { axis: 0 },
  )
  const masked = node("Mul", gradient, mask)
  const norm = makeNode("Sqrt", [sumOf(node("Mul", masked, masked))], {})
  const clipped = node("Mul", masked, node("Min", constant([1]), node("Div", constant([5]), norm)))
  const mean = node("Add", node("Mul", m, constant([0.9])), clipped)
  const next = node("Sub", x, node("Mul", mean, rate))
  const loss = node("Add", sumOf(makeNode("Cos", [x], {})), count)
  return {
    inputs: [x, count, m, rate],
    outputs: [next, node("Add", count, constant([1])), mean, loss, norm, part(x, 99_999, 3)],
  }
}
const layout = { carry: 3, resident: 0, inputs: 1 }

describe("fuseUpdate", () => {
  const valuesOf = {
    x: Array.from({ length: n }, (_, i) => Math.fround(Math.sin(i))),
    m: Array.from({ length: n }, (_, i) => Math.fround(Math.sin(2 * i))),
  }
  const rest = [
    { shape: [], values: [3] },
    { shape: [1], values: [0.125] },
  ] as const

  /** A step in its two halves, with everything in slots as a loop keeps it. */
  const inHalves = (fused: FusedStep) => {
    const { memory, reads, writes, pass, opening, constants, given } = fused
    const slots = Array.from({ length: memory.slots }, () => new Float64Array(n))
    ;[valuesOf.x, valuesOf.m].forEach((vector, i) => slots[i]!.set(vector))
    for (const { slot, values: numbers } of constants) slots[slot]!.set(numbers)
    const passed = ({ graph, into }: VectorPass, numbers: ReadonlyArray<number>) => {
      const results = evaluate(graph, [
        ...slots.map((slot) => ({ shape: [n], values: slot })),
        ...numbers.map((number, i) => ({
          shape: graph.inputs[slots.length + i]!.shape,
          values: [number],
        })),
      ])
      into.forEach((slot, i) => slots[slot]!.set(results[i]!.values))
      return results.slice(into.length).map((result) => [...result.values])
    }
    passed(
      opening,
      Array.from({ length: given }, () => 0),
    )
    const results = evaluate(fused.graph, [
      ...reads.map(({ slot, begin, shape }) => ({
        shape,
        values: slots[slot]!.subarray(begin, begin + sizeOf(shape)),
      })),
      ...rest,
    ]).map((result) => [...result.values])
    writes.forEach(({ slot, begin }, i) => slots[slot]!.set(results[i]!, begin))
    const numbers = results.slice(writes.length, writes.length + given).flat()
    const told = passed(pass, numbers)
    return { slots, told, others: results.slice(writes.length + given) }
  }

  it("gives two halves that are the whole", () => {
    const whole = step()
    const fused = fuseUpdate(whole, layout)!
    const [x, m] = [valuesOf.x, valuesOf.m].map((vector) => ({ shape: [n], values: vector }))
    const [next, count, mean, loss, norm, middle] = evaluate(whole, [x!, rest[0], m!, rest[1]]).map(
      (result) => [...result.values],
    )
    const { slots, told, others } = inHalves(fused)
    const same = (a: ArrayLike<number>, b: ReadonlyArray<number>): boolean =>
      a.length === b.length && b.every((value, i) => value === a[i])
    expect(fused.vectors).toEqual([0, 2])
    expect(fused.told).toEqual([1])
    expect(same(slots[0]!, next!)).toBe(true)
    expect(same(slots[1]!, mean!)).toBe(true)
    // The masked vector is kept beside them, as it will be for the step after this one.
    expect(
      same(
        slots[2]!,
        next!.map((value, i) => value * (i % 3)),
      ),
    ).toBe(true)
    expect(told).toEqual([norm])
    expect(others).toEqual([count, loss, middle])
  })

  it("leaves to the graph what is not elementwise, and reads parts where they lie", () => {
    const fused = fuseUpdate(step(), layout)!
    expect(fused.writes.map(({ shape }) => sizeOf(shape))).toEqual([100_000, 10, n - 100_020, 10])
    expect(fused.reads).toContainEqual({ slot: 2, begin: 0, shape: [100_000] })
    expect(fused.reads).toContainEqual({ slot: 0, begin: 100_000, shape: [10] })
    // The cosines of the loss need all of them.
    expect(fused.reads).toContainEqual({ slot: 0, begin: 0, shape: [n] })
  })

  it("multiplies weights and gradients by their masks at once, and keeps the shapes of parts", () => {
    const [x, m] = [input([n], "float32", "x"), input([n], "float32", "m")]
    const [count, rate] = [input([], "float32", "count"), input([1], "float32", "rate")]
    const values = Float32Array.from({ length: 100_000 }, (_, i) => Number(i % 3 > 0))
    const [flat, square] = [constant(values, [100_000]), constant(values, [1000, 100])]
    const part = (begin: number, size: number) =>
      makeNode("Slice", [x], { begin: [begin], sizes: [size], strides: [1] })
    const shaped = (of: Node, shape: ReadonlyArray<number>) => makeNode("Reshape", [of], { shape })
    const weights = [
      shaped(node("Mul", part(0, 100_000), flat), [1000, 100]),
      shaped(node("Mul", flat, part(100_000, 100_000)), [1000, 100]),
    ]
    const gradient = makeNode(
      "Concat",
      [
        ...weights.map((weight) =>
          shaped(node("Mul", makeNode("Sin", [weight], {}), square), [100_000]),
        ),
        makeNode("Tanh", [part(200_000, n - 200_000)], {}),
      ],
      { axis: 0 },
    )
    const whole: Graph = {
      inputs: [x, count, m, rate],
      outputs: [node("Sub", x, node("Mul", gradient, rate)), count, node("Add", m, gradient)],
    }
    const fused = fuseUpdate(whole, layout)!
    expect(nodesOf(fused.graph).map(({ op }) => op)).not.toContain("Mul")
    expect(nodesOf(fused.graph).map(({ op }) => op)).not.toContain("Reshape")
    expect(fused.reads.map(({ slot, shape }) => [slot, shape])).toEqual([
      [2, [1000, 100]],
      [2, [1000, 100]],
      [2, [n - 200_000]],
    ])
    // One mask for both.
    expect(fused.constants.length).toBe(1)
    const { slots } = inHalves(fused)
    const [next, , mean] = evaluate(whole, [
      { shape: [n], values: valuesOf.x },
      rest[0],
      { shape: [n], values: valuesOf.m },
      rest[1],
    ])
    expect(slots[0]!.every((value, i) => value === next!.values[i])).toBe(true)
    expect(slots[1]!.every((value, i) => value === mean!.values[i])).toBe(true)
  })

  it("gives whole vectors that a step reports", () => {
    const x = input([n], "float32", "x")
    const doubled = node("Mul", x, constant([2]))
    const whole = { inputs: [x], outputs: [node("Add", x, constant([1])), x, doubled] }
    const fused = fuseUpdate(whole, { carry: 1, resident: 0, inputs: 0 })!
    expect(fused.reads).toEqual([
      { slot: 0, begin: 0, shape: [n] },
      { slot: 1, begin: 0, shape: [n] },
    ])
    expect(fused.graph.inputs).toEqual(fused.graph.outputs)
    expect(fused.memory.slots).toBe(2)
    expect(fused.opening.into).toEqual([1])
  })

  it("leaves short vectors as they are", () => {
    const x = input([1000])
    const graph = { inputs: [x], outputs: [makeNode("Neg", [x], {})] }
    expect(fuseUpdate(graph, { carry: 1, resident: 0, inputs: 0 })).toBeUndefined()
  })
})
