import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as web from "onnxruntime-web"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Graph, GraphError, makeNode, type Node, toOnnx, toOnnxLoop } from "../src/index.ts"
import {
  constant,
  input,
  type Numbers,
  numbersOf,
  open,
  runGraph,
  tensor,
} from "./onnx/runModel.ts"

/** The prime that stands for the batch size. */
const n = 1009

const neg = (x: Node) => makeNode("Neg", [x], {})
const ramp = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

/** A graph of one output over `x: [n, 2]`. */
const overBatch = (f: (x: Node) => Node): Graph => {
  const x = input([n, 2], "float32", "x")
  return { inputs: [x], outputs: [f(x)], dynamic: n }
}

const batch = (size: number): Numbers => ({ shape: [size, 2], values: ramp(2 * size) })

/** A small network with a reduction over the batch: every kind of node a model has. */
const network = (): Graph => {
  const [x, w, b] = [
    input([n, 2], "float32", "x"),
    input([2, 3], "float32", "w"),
    constant([0.1, -0.2, 0.3], [3]),
  ]
  const hidden = makeNode(
    "Tanh",
    [
      makeNode(
        "Add",
        [makeNode("MatMul", [x, w], { transposeA: false, transposeB: false }), b],
        {},
      ),
    ],
    {},
  )
  const count = makeNode("ReduceSum", [constant([1], [n])], { axes: [0], keepDims: false })
  const mean = makeNode(
    "Div",
    [makeNode("ReduceSum", [hidden], { axes: [0], keepDims: false }), count],
    {},
  )
  const places = makeNode("ArgMax", [hidden], { axis: 1 })
  return {
    inputs: [x, w],
    outputs: [
      makeNode("Sub", [hidden, mean], {}),
      places,
      makeNode(
        "Log1p",
        [makeNode("Reshape", [makeNode("Exp", [hidden], {})], { shape: [3 * n] })],
        {},
      ),
      makeNode("Greater", [hidden, constant([0])], {}),
      x,
    ],
    dynamic: n,
  }
}

/** Gradient descent on ½ Σ exp(s) (w − t)²: carries `w` and a counter, reports loss, `w` after the step, target. */
const descent = (): Graph => {
  const [w, count, s, t] = [input([3]), input([], "int32"), input([3]), input([3])]
  const scale = makeNode("Exp", [s], {})
  const gap = makeNode("Sub", [w, t], {})
  const scaled = makeNode("Mul", [gap, scale], {})
  const loss = makeNode(
    "Mul",
    [
      constant([0.5]),
      makeNode("ReduceSum", [makeNode("Mul", [scaled, gap], {})], { axes: [0], keepDims: false }),
    ],
    {},
  )
  const next = makeNode("Sub", [w, makeNode("Mul", [scaled, constant([0.1])], {})], {})
  return {
    inputs: [w, count, s, t],
    outputs: [next, makeNode("Add", [count, constant([1], [], "int32")], {}), loss, next, t],
  }
}
const descentLayout = { carry: 2, resident: 1, inputs: 1 }

const descentFeeds = (targets: ReadonlyArray<number>) => ({
  carry0: { shape: [3], values: [0, 0, 0] },
  carry1: { shape: [], values: [5] },
  resident0: { shape: [3], values: [0, 0.5, 1] },
  input0: { shape: [targets.length / 3, 3], values: targets },
})

const descend = (targets: ReadonlyArray<number>) => {
  const { carry0, resident0 } = descentFeeds(targets)
  const w = [...carry0.values]
  const scale = resident0.values.map(Math.exp)
  const losses: Array<number> = []
  const path: Array<number> = []
  for (let at = 0; at < targets.length; at += 3) {
    const gaps = w.map((v, i) => v - targets[at + i]!)
    losses.push(gaps.reduce((sum, gap, i) => sum + 0.5 * scale[i]! * gap * gap, 0))
    gaps.forEach((gap, i) => (w[i] = w[i]! - 0.1 * scale[i]! * gap))
    path.push(...w)
    if (!Number.isFinite(losses.at(-1))) break
  }
  return { w, losses, path }
}

const near = (got: ReadonlyArray<number>, expected: ReadonlyArray<number>): void => {
  expect(got).toHaveLength(expected.length)
  got.forEach((value, i) => {
    const [a, b] = [value, expected[i]!]
    const isNear = Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b))
    expect(isNear, `${i}: got ${a}, expected ${b}`).toBe(true)
  })
}

describe("a batch size that may change", () => {
  const cases: ReadonlyArray<
    readonly [
      string,
      Graph,
      (size: number) => { shape: ReadonlyArray<number>; values?: ReadonlyArray<number> },
    ]
  > = [
    [
      "Reshape to one axis",
      overBatch((x) => makeNode("Reshape", [x], { shape: [2 * n] })),
      (k) => ({ shape: [2 * k], values: ramp(2 * k) }),
    ],
    [
      "Reshape with the axis moved",
      overBatch((x) => makeNode("Reshape", [x], { shape: [2, n] })),
      (k) => ({ shape: [2, k] }),
    ],
    [
      "Reshape to a column",
      overBatch((x) => makeNode("Reshape", [x], { shape: [n, 1, 2, 1] })),
      (k) => ({ shape: [k, 1, 2, 1] }),
    ],
    [
      "Reshape with two such axes",
      overBatch((x) =>
        makeNode("Reshape", [makeNode("MatMul", [x, x], { transposeA: false, transposeB: true })], {
          shape: [1, n, 1, n],
        }),
      ),
      (k) => ({ shape: [1, k, 1, k] }),
    ],
    [
      "a constant of one number",
      overBatch(() => constant([3], [2, n])),
      (k) => ({ shape: [2, k], values: Array<number>(2 * k).fill(3) }),
    ],
    [
      "Expand",
      overBatch((x) => makeNode("Expand", [x], { shape: [3, n, 2] })),
      (k) => ({ shape: [3, k, 2] }),
    ],
    [
      "Expand from a row",
      overBatch((x) =>
        makeNode("Expand", [makeNode("ReduceSum", [x], { axes: [0], keepDims: true })], {
          shape: [3 * n, 2],
        }),
      ),
      (k) => ({ shape: [3 * k, 2] }),
    ],
    [
      "Tile",
      overBatch((x) =>
        makeNode("Tile", [makeNode("ReduceMax", [x], { axes: [0, 1], keepDims: true })], {
          repeats: [n, 2],
        }),
      ),
      (k) => ({ shape: [k, 2], values: Array<number>(2 * k).fill(2 * k) }),
    ],
    [
      "reversed",
      overBatch((x) =>
        makeNode("Slice", [x], { begin: [n - 1, 1], sizes: [n, 2], strides: [-1, -1] }),
      ),
      (k) => ({ shape: [k, 2], values: ramp(2 * k).toReversed() }),
    ],
    [
      "halves of two batches",
      overBatch((x) => {
        const both = makeNode("Concat", [x, neg(x)], { axis: 0 })
        const half = (begin: number) =>
          makeNode("Slice", [both], { begin: [begin, 0], sizes: [n, 2], strides: [1, 1] })
        return makeNode("Concat", [half(n), half(0)], { axis: 1 })
      }),
      (k) => ({ shape: [k, 4] }),
    ],
    [
      "the first row",
      overBatch((x) => makeNode("Slice", [x], { begin: [0, 0], sizes: [1, 2], strides: [1, 1] })),
      () => ({ shape: [1, 2], values: [1, 2] }),
    ],
    [
      "padded by a batch",
      overBatch((x) => makeNode("Pad", [x], { before: [n, 0], after: [0, 1], value: 0 })),
      (k) => ({ shape: [2 * k, 3] }),
    ],
    [
      "rows added up by place",
      overBatch((x) =>
        makeNode(
          "ScatterAdd",
          [
            x,
            makeNode("Cast", [makeNode("ReduceMin", [x], { axes: [1], keepDims: false })], {
              to: "int32",
            }),
          ],
          { count: 2 * n + 2 * 1009 },
        ),
      ),
      (k) => ({ shape: [4 * k, 2] }),
    ],
  ]
  it.each(cases)("%s", async (_, graph, expected) => {
    for (const size of [4, 1, 7]) {
      const [got] = await runGraph(graph, batch(size))
      expect(got).toMatchObject(expected(size))
    }
  })

  it("one session serves every size, also none", async () => {
    const session = await open(toOnnx(network()))
    const weights = tensor("float32", { shape: [2, 3], values: [1, -1, 0.5, 0, 0.25, 1] })
    for (const size of [3, 1, 0, 50]) {
      const results = await session.run({ x: tensor("float32", batch(size)), w: weights })
      expect(results["output0"]!.dims).toEqual([size, 3])
      expect(results["output2"]!.dims).toEqual([3 * size])
    }
    await session.release()
  })

  it("refuses what only the batch size decides, with the mend", () => {
    const write = (f: (x: Node) => Node) => () => toOnnx(overBatch(f))
    const last = (x: Node) =>
      makeNode("Slice", [x], { begin: [n - 1, 0], sizes: [1, 2], strides: [1, 1] })
    expect(write(last)).toThrow(
      "a slice of 1 from 1008 in steps of 1 along the batch axis depends on the batch size",
    )
    expect(write(() => constant(ramp(n), [n]))).toThrow(
      "a constant of 1009 numbers has an axis of the batch size",
    )
    const lonely = { inputs: [input([2])], outputs: [constant([1], [n])], dynamic: n }
    expect(() => toOnnx(lonely)).toThrow("no input has the dynamic size 1009")
  })
})

describe("names", () => {
  it("are the graph's, or those given; an output may be an input, or come twice", async () => {
    const x = input([2], "float32", "Neg_0")
    const y = neg(x)
    const graph: Graph = {
      inputs: [x, input([1], "float32", "unused")],
      outputs: [y, x, y, constant([1], [1])],
    }
    const session = await open(toOnnx(graph, { outputNames: ["a", "b", "c", "d"] }))
    expect(session.inputNames).toEqual(["Neg_0", "unused"])
    const results = await session.run({
      Neg_0: tensor("float32", { shape: [2], values: [1, 2] }),
      unused: tensor("float32", { shape: [1], values: [0] }),
    })
    expect(
      Object.fromEntries(Object.entries(results).map(([name, r]) => [name, numbersOf(r).values])),
    ).toEqual({
      a: [-1, -2],
      b: [1, 2],
      c: [-1, -2],
      d: [1],
    })
    await session.release()
    expect(() => toOnnx(graph, { inputNames: ["x"] })).toThrow("1 input names for 2 inputs")
  })
})

describe("large weights", () => {
  it("stand in the model once, four bytes each, however often they are used", async () => {
    const size = 1000
    const weights = Float32Array.from({ length: size * size }, (_, i) => (i % 7) - 3)
    const x = input([1, size], "float32", "x")
    const matrix = constant(weights, [size, size])
    const times = (a: Node) =>
      makeNode("MatMul", [a, matrix], { transposeA: false, transposeB: false })
    const model = toOnnx({ inputs: [x], outputs: [times(x), times(neg(x))] })
    const bytes = Buffer.from(weights.buffer)
    expect(Buffer.from(model).includes(bytes)).toBe(true)
    expect(model.length - bytes.length).toBeLessThan(1000)
    const session = await open(model)
    const results = await session.run({
      x: tensor("float32", { shape: [1, size], values: [1, ...Array<number>(size - 1).fill(0)] }),
    })
    const row = Array.from(weights.subarray(0, size))
    expect(numbersOf(results["output0"]!).values).toEqual(row)
    near(
      numbersOf(results["output1"]!).values,
      row.map((value) => -value),
    )
    await session.release()
  })
})

describe("toOnnxLoop", () => {
  const run = async (targets: ReadonlyArray<number>, steps = targets.length / 3) => {
    const session = await open(toOnnxLoop(descent(), descentLayout))
    const feeds = descentFeeds(targets)
    const results = await session.run({
      steps: tensor("int64", { shape: [], values: [steps] }),
      carry0: tensor("float32", feeds.carry0),
      carry1: tensor("int32", feeds.carry1),
      resident0: tensor("float32", feeds.resident0),
      input0: tensor("float32", feeds.input0),
    })
    await session.release()
    return (name: string) => numbersOf(results[name]!)
  }

  it("carries the state, stacks what the steps report, passes inputs through", async () => {
    const targets = ramp(15)
    const got = await run(targets)
    const { w, losses, path } = descend(targets)
    near(got("nextCarry0").values, w)
    expect(got("nextCarry1")).toEqual({ shape: [], values: [10] })
    near(got("output0").values, losses)
    expect(got("output1").shape).toEqual([5, 3])
    near(got("output1").values, path)
    expect(got("output2")).toEqual({ shape: [5, 3], values: targets })
  })

  it("does as many steps as told, also none", async () => {
    const got = await run(ramp(15), 2)
    near(got("output0").values, descend(ramp(6)).losses)
    const none = await run(ramp(15), 0)
    expect(none("nextCarry0").values).toEqual([0, 0, 0])
    expect(none("output1").shape).toEqual([0, 3])
  })

  it.each([NaN, Infinity])("stops after the step whose first output is %s", async (bad) => {
    const targets = ramp(15).map((t, i) => (i === 7 ? bad : t))
    const got = await run(targets)
    near(got("output0").values, descend(targets).losses)
    expect(got("output0").shape).toEqual([3])
    expect(got("output1").shape).toEqual([3, 3])
    expect(got("nextCarry1").values).toEqual([8])
  })

  it("stops for a first output of several numbers, and goes on for whole numbers", async () => {
    const [x, t] = [input([2, 2]), input([2, 2])]
    const step = {
      inputs: [x, t],
      outputs: [makeNode("Add", [x, t], {}), makeNode("Mul", [x, t], {})],
    }
    const session = await open(toOnnxLoop(step, { carry: 1, resident: 0, inputs: 1 }))
    const results = await session.run({
      steps: tensor("int64", { shape: [], values: [3] }),
      carry0: tensor("float32", { shape: [2, 2], values: [1, 1, 1, 1] }),
      input0: tensor("float32", {
        shape: [3, 2, 2],
        values: [1, 1, 1, 1, 1, NaN, 1, 1, 1, 1, 1, 1],
      }),
    })
    expect(results["output0"]!.dims).toEqual([2, 2, 2])
    await session.release()
  })

  it("a carry may stay as it is, swap with another or be a constant", async () => {
    const [a, b, c] = [input([1]), input([1]), input([1])]
    const step = { inputs: [a, b, c], outputs: [b, a, constant([4], [1]), c] }
    const session = await open(toOnnxLoop(step, { carry: 3, resident: 0, inputs: 0 }))
    const results = await session.run({
      steps: tensor("int64", { shape: [], values: [3] }),
      carry0: tensor("float32", { shape: [1], values: [1] }),
      carry1: tensor("float32", { shape: [1], values: [2] }),
      carry2: tensor("float32", { shape: [1], values: [3] }),
    })
    const values = Object.fromEntries(
      Object.entries(results).map(([name, r]) => [name, numbersOf(r).values]),
    )
    expect(values).toEqual({
      nextCarry0: [2],
      nextCarry1: [1],
      nextCarry2: [4],
      output0: [3, 4, 4],
    })
    await session.release()
  })

  it("refuses a layout that does not fit", () => {
    expect(() => toOnnxLoop(descent(), { carry: 3, resident: 1, inputs: 1 })).toThrow(GraphError)
    expect(() => toOnnxLoop(descent(), { carry: 1, resident: 2, inputs: 1 })).not.toThrow()
    const [x] = [input([2])]
    const grows = { inputs: [x], outputs: [makeNode("Concat", [x, x], { axis: 0 })] }
    expect(() => toOnnxLoop(grows, { carry: 1, resident: 0, inputs: 0 })).toThrow(
      "carry 0 goes in as float32 [2] and comes out as float32 [4]",
    )
  })
})

describe("other readers", () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "onnx-"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const python = (() => {
    try {
      execFileSync("/usr/bin/python3", ["-c", "import onnx"], { stdio: "ignore" })
      return "/usr/bin/python3"
    } catch {
      console.warn(
        "No python3-onnx, so onnx.checker does not look at the models. Install it: apt-get install python3-onnx",
      )
      return undefined
    }
  })()

  it.skipIf(python === undefined)("onnx.checker finds nothing wrong", () => {
    const models = { network: toOnnx(network()), descent: toOnnxLoop(descent(), descentLayout) }
    const files = Object.entries(models).map(([name, model]) => {
      const file = join(folder, `${name}.onnx`)
      writeFileSync(file, model)
      return file
    })
    const said = execFileSync(python!, [join(import.meta.dirname, "onnx/check.py"), ...files], {
      encoding: "utf8",
    })
    expect(said.trim().split("\n")).toEqual(files.map((file) => `${file}: ok`))
  })

  it("onnxruntime-web gives the same numbers", async () => {
    web.env.wasm.numThreads = 1
    const graph = network()
    const weights: Numbers = { shape: [2, 3], values: [1, -1, 0.5, 0, 0.25, 1] }
    const expected = await runGraph(graph, batch(6), weights)
    const session = await web.InferenceSession.create(toOnnx(graph), { logSeverityLevel: 3 })
    const floats = ({ shape, values }: Numbers) =>
      new web.Tensor("float32", Float32Array.from(values), [...shape])
    const results = await session.run({ x: floats(batch(6)), w: floats(weights) })
    expected.forEach(({ shape, values }, i) => {
      const got = results[`output${i}`]!
      expect(got.dims).toEqual(shape)
      near(Array.from(got.data as Float32Array, Number), values)
    })
    const feeds = descentFeeds(ramp(15))
    const loop = await web.InferenceSession.create(toOnnxLoop(descent(), descentLayout), {
      logSeverityLevel: 3,
    })
    const after = await loop.run({
      steps: new web.Tensor("int64", BigInt64Array.of(5n), []),
      carry0: floats(feeds.carry0),
      carry1: new web.Tensor("int32", Int32Array.of(5), []),
      resident0: floats(feeds.resident0),
      input0: floats(feeds.input0),
    })
    near(Array.from(after["nextCarry0"]!.data as Float32Array), descend(ramp(15)).w)
    await Promise.all([session.release(), loop.release()])
  })
})
