import { describe, expect, it } from "vitest"
import {
  type BinaryOp,
  type DType,
  makeNode,
  type Node,
  type ReduceOp,
  type UnaryOp,
} from "../src/index.ts"
import { constant, input, runNode } from "./onnx/runModel.ts"

/** The error function by its series, or by the continued fraction of its complement. */
const erf = (x: number): number => {
  if (Math.abs(x) > 3) {
    let fraction = 0
    for (let k = 60; k > 0; k--) fraction = k / 2 / (Math.abs(x) + fraction)
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction))
  }
  let [term, sum] = [x, x]
  for (let k = 1; k < 100; k++) {
    term *= (-x * x) / k
    sum += term / (2 * k + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

const halfToEven = (x: number): number => {
  const floor = Math.floor(x)
  return x - floor === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(x)
}

/** What each function is, in float64. */
const unary: {
  readonly [K in Exclude<UnaryOp, "IsNaN" | "IsInf" | "Not">]: (x: number) => number
} = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Sign: Math.sign,
  Exp: Math.exp,
  Expm1: Math.expm1,
  Log: Math.log,
  Log1p: Math.log1p,
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
  Tanh: Math.tanh,
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Erf: erf,
  Sin: Math.sin,
  Cos: Math.cos,
  Tan: Math.tan,
  Asin: Math.asin,
  Acos: Math.acos,
  Atan: Math.atan,
  Sinh: Math.sinh,
  Cosh: Math.cosh,
  Asinh: Math.asinh,
  Acosh: Math.acosh,
  Atanh: Math.atanh,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Round: halfToEven,
}

const magnitudes = [0, 1e-30, 1e-6, 1e-4, 0.01, 0.3, 0.5, 0.999, 1, 1.5, 2.5, 4, 9, 17, 30, 80, 1e6]
const points = Array.from(
  Float32Array.from([...magnitudes, ...magnitudes.map((x) => -x), Infinity, -Infinity, NaN]),
)

/** Both not numbers, the same infinity, or near each other. */
const expectNear = (got: number, expected: number, tolerance: number, what: string): void => {
  const [a, b] = [got, Math.fround(expected)]
  const isNear = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.abs(b)
  expect(isNear, `${what}: got ${a}, expected ${b}`).toBe(true)
}

/** The smallest normal float32: what is below may be flushed to zero. */
const tiny = 1.2e-38

describe.each(Object.keys(unary) as Array<keyof typeof unary>)("%s", (op) => {
  it("is the function, to a few units in the last place, also where it is tiny", async () => {
    const x = input([points.length])
    const { values } = await runNode(makeNode(op, [x], {}), [x], points)
    points.forEach((point, i) => {
      // Sines of large angles are the angle's rounding.
      if (["Sin", "Cos", "Tan"].includes(op) && Math.abs(point) > 100) return
      const expected = unary[op](point)
      if (Math.abs(expected) < tiny && Math.abs(values[i]!) < tiny) return
      // The runtime's tangent, error function and arc tangent are off by a few more units.
      expectNear(
        values[i]!,
        expected,
        op === "Erf" || op === "Tan" ? 2e-6 : 5e-7,
        `${op}(${point})`,
      )
    })
  })
})

describe("elementwise operations of one input", () => {
  it("on whole numbers", async () => {
    const x = input([4], "int32")
    const run = (op: UnaryOp) => runNode(makeNode(op, [x], {}), [x], [-7, 0, 3, 2 ** 24 + 1])
    expect((await run("Neg")).values).toEqual([7, 0, -3, -(2 ** 24) - 1])
    expect((await run("Abs")).values).toEqual([7, 0, 3, 2 ** 24 + 1])
    expect((await run("Sign")).values).toEqual([-1, 0, 1, 1])
    expect((await run("Floor")).values).toEqual([-7, 0, 3, 2 ** 24 + 1])
    expect((await run("Not")).values).toEqual([0, 1, 0, 0])
    expect((await run("IsNaN")).values).toEqual([0, 0, 0, 0])
  })

  it("questions and truth", async () => {
    const x = input([4])
    const run = (op: UnaryOp) => runNode(makeNode(op, [x], {}), [x], [NaN, -Infinity, 0, 2])
    expect((await run("IsNaN")).values).toEqual([1, 0, 0, 0])
    expect((await run("IsInf")).values).toEqual([0, 1, 0, 0])
  })
})

const floorMod = (a: number, b: number): number => ((a % b) + b) % b

const binary: { readonly [K in BinaryOp]: (a: number, b: number) => number } = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  FloorDiv: (a, b) => Math.floor(a / b),
  Mod: floorMod,
  Pow: (a, b) => a ** b,
  Max: Math.max,
  Min: Math.min,
  Atan2: (a, b) => Math.atan2(a, b),
  Equal: (a, b) => Number(a === b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  And: (a, b) => Number(a !== 0 && b !== 0),
  Or: (a, b) => Number(a !== 0 || b !== 0),
  Xor: (a, b) => Number((a !== 0) !== (b !== 0)),
}

describe.each(Object.keys(binary) as Array<BinaryOp>)("%s", (op) => {
  const lefts = [-7, -1.5, 0, 0.25, 2, 9]
  const rights = [-3, -0.5, 1, 2, 4.5]

  it("is the function, and broadcasts", async () => {
    const [a, b] = [input([6, 1]), input([5])]
    const { shape, values } = await runNode(makeNode(op, [a, b], {}), [a, b], lefts, rights)
    expect(shape).toEqual([6, 5])
    lefts.forEach((x, i) =>
      rights.forEach((y, j) =>
        expectNear(values[5 * i + j]!, binary[op](x, y), 1e-6, `${op}(${x}, ${y})`),
      ),
    )
  })

  it("works with a number for one side, also one that has the shape", async () => {
    const a = input([6])
    for (const other of [
      constant([2]),
      constant([2], [6]),
      constant(Array<number>(6).fill(2), [6]),
    ]) {
      const { shape, values } = await runNode(makeNode(op, [a, other], {}), [a], lefts)
      expect(shape).toEqual([6])
      lefts.forEach((x, i) => expectNear(values[i]!, binary[op](x, 2), 1e-6, `${op}(${x}, 2)`))
    }
  })

  it("works on two constants", async () => {
    const x = input([1])
    const node = makeNode(op, [constant([4], [3]), constant([2], [3])], {})
    const { shape, values } = await runNode(node, [x], [0])
    expect(shape).toEqual([3])
    values.forEach((value) => expectNear(value, binary[op](4, 2), 1e-6, `${op}(4, 2)`))
  })

  it("works on whole numbers and on truth values", async () => {
    const [a, b] = [input([4], "int32"), input([4], "int32")]
    const [xs, ys] = [
      [-7, 7, 5, 0],
      [2, -2, 5, 3],
    ]
    const whole = await runNode(makeNode(op, [a, b], {}), [a, b], xs, ys)
    xs.forEach((x, i) => {
      const expected = binary[op](x, ys[i]!)
      // Whole numbers to a negative power are cut.
      if (op === "Pow" && ys[i]! < 0) return
      expectNear(whole.values[i]!, Math.trunc(expected), 0, `${op}(${x}, ${ys[i]})`)
    })
    const [p, q] = [input([3], "bool"), input([3], "bool")]
    const truth = await runNode(makeNode(op, [p, q], {}), [p, q], [0, 1, 1], [1, 1, 1])
    ;[0, 1, 1].forEach((x, i) =>
      expect(truth.values[i], `of ${op}`).toBe(Number(Math.trunc(binary[op](x, 1)) !== 0)),
    )
  })
})

describe("Atan2", () => {
  it("knows the four quarters and the axes", async () => {
    const [y, x] = [input([8]), input([8])]
    const angles = [0, 0.7, Math.PI / 2, 2.5, 3, -0.7, -Math.PI / 2, -2.5]
    const { values } = await runNode(
      makeNode("Atan2", [y, x], {}),
      [y, x],
      angles.map((t) => (t === 0 ? 0 : Math.sin(t))),
      angles.map((t) => (Math.abs(t) === Math.PI / 2 ? 0 : Math.cos(t))),
    )
    angles.forEach((t, i) => expectNear(values[i]!, t, 5e-7, `angle ${t}`))
    const origin = await runNode(
      makeNode("Atan2", [y, x], {}),
      [y, x],
      Array(8).fill(0),
      Array(8).fill(0),
    )
    expect(origin.values[0]).toBe(0)
  })
})

describe("Where and Cast", () => {
  it("chooses, all three broadcasting, conditions of any type", async () => {
    const [c, a] = [input([2, 1]), input([3])]
    const { shape, values } = await runNode(
      makeNode("Where", [c, a, constant([-1])], {}),
      [c, a],
      [0, 2],
      [1, 2, NaN],
    )
    expect(shape).toEqual([2, 3])
    expect(values).toEqual([-1, -1, -1, 1, 2, NaN])
  })

  it("casts every type to every other", async () => {
    const types: ReadonlyArray<DType> = ["float32", "int32", "bool"]
    for (const from of types) {
      for (const to of types) {
        const x = input([2], from)
        const { values } = await runNode(makeNode("Cast", [x], { to }), [x], [0, 1])
        expect(values, `${from} to ${to}`).toEqual([0, 1])
      }
    }
    const x = input([4])
    expect(
      (await runNode(makeNode("Cast", [x], { to: "int32" }), [x], [-1.7, 1.7, 2, 0.2])).values,
    ).toEqual([-1, 1, 2, 0])
    expect(
      (await runNode(makeNode("Cast", [x], { to: "bool" }), [x], [-1.7, 0, 2, 0.2])).values,
    ).toEqual([1, 0, 1, 1])
  })
})

describe("reductions", () => {
  const values = [3, 1, 2, -4, 5, 0.5]
  const expected: { readonly [K in ReduceOp]: ReadonlyArray<number> } = {
    ReduceSum: [6, 1.5],
    ReduceProd: [6, -10],
    ReduceMax: [3, 5],
    ReduceMin: [1, -4],
    ReduceAll: [1, 1],
    ReduceAny: [1, 1],
  }
  it.each(Object.keys(expected) as Array<ReduceOp>)("%s", async (op) => {
    const x = input([2, 3])
    const one = await runNode(makeNode(op, [x], { axes: [1], keepDims: false }), [x], values)
    expect(one).toEqual({ shape: [2], values: expected[op] })
    const kept = await runNode(makeNode(op, [x], { axes: [1], keepDims: true }), [x], values)
    expect(kept.shape).toEqual([2, 1])
    const all = await runNode(makeNode(op, [x], { axes: [0, 1], keepDims: false }), [x], values)
    expect(all.shape).toEqual([])
    const none = await runNode(makeNode(op, [x], { axes: [], keepDims: false }), [x], values)
    expect(none.shape).toEqual([2, 3])
    for (const dtype of ["int32", "bool"] as const) {
      const whole = input([2, 3], dtype)
      const { values: got } = await runNode(
        makeNode(op, [whole], { axes: [1], keepDims: false }),
        [whole],
        [1, 1, 1, 0, 0, 0],
      )
      expect(got, `of ${dtype}`).toEqual(op === "ReduceSum" && dtype === "int32" ? [3, 0] : [1, 0])
    }
  })

  it("places of the largest and the smallest, the first of several", async () => {
    const x = input([2, 3])
    for (const [op, places] of [
      ["ArgMax", [1, 0]],
      ["ArgMin", [0, 2]],
    ] as const) {
      const got = await runNode(makeNode(op, [x], { axis: 1 }), [x], [1, 5, 5, 4, 2, -3])
      expect(got).toEqual({ shape: [2], values: places })
    }
  })

  it("running sums", async () => {
    const x = input([2, 3])
    const run = (axis: number, exclusive: boolean, reverse: boolean) =>
      runNode(makeNode("CumSum", [x], { axis, exclusive, reverse }), [x], [1, 2, 3, 4, 5, 6])
    expect((await run(1, false, false)).values).toEqual([1, 3, 6, 4, 9, 15])
    expect((await run(1, true, false)).values).toEqual([0, 1, 3, 0, 4, 9])
    expect((await run(1, true, true)).values).toEqual([5, 3, 0, 11, 6, 0])
    expect((await run(0, false, false)).values).toEqual([1, 2, 3, 5, 7, 9])
  })
})

/** A product in plain loops. `a: [n, k]`, `b: [k, m]`. */
const product = (
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  n: number,
  k: number,
  m: number,
) =>
  Array.from({ length: n * m }, (_, at) => {
    const [i, j] = [Math.floor(at / m), at % m]
    return Array.from({ length: k }, (_unused, l) => a[i * k + l]! * b[l * m + j]!).reduce(
      (x, y) => x + y,
      0,
    )
  })

const transposed = (
  a: ReadonlyArray<number>,
  rows: number,
  columns: number,
): ReadonlyArray<number> =>
  Array.from(
    { length: rows * columns },
    (_, at) => a[(at % rows) * columns + Math.floor(at / rows)]!,
  )

describe("MatMul", () => {
  const a = [1, 2, 3, 4, 5, 6]
  const b = [1, -1, 0.5, 2, 3, 0, 1, 4, -2, 1, 1, 1]
  const plain = product(a, b, 2, 3, 4)
  const flags = [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({ transposeA, transposeB })),
  )

  it.each(flags)(
    "two matrices, $transposeA, $transposeB, with sums and differences fused",
    async (flag) => {
      const [x, y, bias] = [
        input(flag.transposeA ? [3, 2] : [2, 3]),
        input(flag.transposeB ? [4, 3] : [3, 4]),
        input([4]),
      ]
      const [xs, ys] = [
        flag.transposeA ? transposed(a, 2, 3) : a,
        flag.transposeB ? transposed(b, 3, 4) : b,
      ]
      const matMul = makeNode("MatMul", [x, y], flag)
      expect((await runNode(matMul, [x, y], xs, ys)).values).toEqual(plain)
      const shift = [10, 20, 30, 40]
      const cases: ReadonlyArray<readonly [Node, (p: number, s: number) => number]> = [
        [makeNode("Add", [matMul, bias], {}), (p, s) => p + s],
        [makeNode("Add", [bias, matMul], {}), (p, s) => p + s],
        [makeNode("Sub", [matMul, bias], {}), (p, s) => p - s],
        [makeNode("Sub", [bias, matMul], {}), (p, s) => s - p],
        [makeNode("Add", [matMul, makeNode("Mul", [matMul, bias], {})], {}), (p, s) => p + p * s],
        [makeNode("Add", [matMul, matMul], {}), (p) => 2 * p],
      ]
      for (const [node, f] of cases) {
        const { values } = await runNode(node, [x, y, bias], xs, ys, shift)
        expect(values).toEqual(plain.map((p, i) => f(p, shift[i % 4]!)))
      }
    },
  )

  it.each(flags)("batches that broadcast, $transposeA, $transposeB", async (flag) => {
    const [x, y] = [
      input(flag.transposeA ? [2, 3, 2] : [2, 2, 3]),
      input(flag.transposeB ? [4, 3] : [3, 4]),
    ]
    const other = a.map((v) => v / 2)
    const xs = [a, other].flatMap((m) => (flag.transposeA ? transposed(m, 2, 3) : m))
    const { shape, values } = await runNode(
      makeNode("MatMul", [x, y], flag),
      [x, y],
      xs,
      flag.transposeB ? transposed(b, 3, 4) : b,
    )
    expect(shape).toEqual([2, 2, 4])
    expect(values).toEqual([...plain, ...product(other, b, 2, 3, 4)])
  })

  it("whole numbers", async () => {
    const [x, y] = [input([2, 3], "int32"), input([2, 3], "int32")]
    const node = makeNode("MatMul", [x, y], { transposeA: true, transposeB: false })
    const { values } = await runNode(node, [x, y], a, a)
    expect(values).toEqual(product(transposed(a, 2, 3), a, 3, 2, 3))
  })
})

describe("moving elements", () => {
  const six = [1, 2, 3, 4, 5, 6]

  it("Reshape, Transpose, Expand, Tile, Pad", async () => {
    const x = input([2, 3])
    const run = (node: Node) => runNode(node, [x], six)
    expect(await run(makeNode("Reshape", [x], { shape: [3, 1, 2] }))).toEqual({
      shape: [3, 1, 2],
      values: six,
    })
    expect(await run(makeNode("Transpose", [x], { permutation: [1, 0] }))).toEqual({
      shape: [3, 2],
      values: [1, 4, 2, 5, 3, 6],
    })
    expect(await run(makeNode("Expand", [x], { shape: [2, 2, 3] }))).toEqual({
      shape: [2, 2, 3],
      values: [...six, ...six],
    })
    expect(await run(makeNode("Tile", [x], { repeats: [1, 2] }))).toEqual({
      shape: [2, 6],
      values: [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6],
    })
    expect(await run(makeNode("Pad", [x], { before: [1, 0], after: [0, 1], value: 9 }))).toEqual({
      shape: [3, 4],
      values: [9, 9, 9, 9, 1, 2, 3, 9, 4, 5, 6, 9],
    })
  })

  it("to a scalar and back, and without elements", async () => {
    const x = input([1, 1])
    const scalar = makeNode("Reshape", [x], { shape: [] })
    expect(
      await runNode(makeNode("Reshape", [makeNode("Exp", [scalar], {})], { shape: [1] }), [x], [0]),
    ).toEqual({
      shape: [1],
      values: [1],
    })
    const empty = input([0])
    expect(await runNode(makeNode("Reshape", [empty], { shape: [2, 0] }), [empty], [])).toEqual({
      shape: [2, 0],
      values: [],
    })
  })

  it("Slice: forwards, in steps, backwards", async () => {
    const x = input([6])
    const run = (begin: number, size: number, stride: number) =>
      runNode(
        makeNode("Slice", [x], { begin: [begin], sizes: [size], strides: [stride] }),
        [x],
        six,
      )
    expect((await run(1, 3, 1)).values).toEqual([2, 3, 4])
    expect((await run(0, 3, 2)).values).toEqual([1, 3, 5])
    expect((await run(5, 6, -1)).values).toEqual([6, 5, 4, 3, 2, 1])
    expect((await run(4, 2, -2)).values).toEqual([5, 3])
    expect((await run(0, 1, -1)).values).toEqual([1])
    expect((await run(0, 6, 1)).values).toEqual(six)
  })

  it("slices side by side, with gaps, overlapping, and twice the same", async () => {
    const x = input([6])
    const part = (begin: number, size: number) =>
      makeNode("Slice", [x], { begin: [begin], sizes: [size], strides: [1] })
    const sums = (...parts: ReadonlyArray<Node>) =>
      makeNode(
        "Concat",
        parts.map((p) => makeNode("Neg", [p], {})),
        { axis: 0 },
      )
    const run = async (...parts: ReadonlyArray<Node>) =>
      (await runNode(sums(...parts), [x], six)).values
    expect(await run(part(0, 2), part(2, 4))).toEqual([-1, -2, -3, -4, -5, -6])
    expect(await run(part(4, 2), part(1, 2))).toEqual([-5, -6, -2, -3])
    expect(await run(part(0, 4), part(2, 4))).toEqual([-1, -2, -3, -4, -3, -4, -5, -6])
    expect(await run(part(0, 3), part(0, 3))).toEqual([-1, -2, -3, -1, -2, -3])
    expect(await run(part(0, 1), part(5, 1))).toEqual([-1, -6])
  })

  it("Concat, also of truth values and of one part", async () => {
    const [x, y] = [input([2, 1], "bool"), input([2, 2], "bool")]
    expect(
      await runNode(makeNode("Concat", [x, y], { axis: 1 }), [x, y], [1, 0], [0, 1, 1, 0]),
    ).toEqual({
      shape: [2, 3],
      values: [1, 0, 1, 0, 1, 0],
    })
    expect((await runNode(makeNode("Concat", [x], { axis: 1 }), [x], [1, 0])).values).toEqual([
      1, 0,
    ])
  })

  it("all of these on whole numbers and truth values", async () => {
    for (const dtype of ["int32", "bool"] as const) {
      const x = input([2, 2], dtype)
      const nodes: ReadonlyArray<Node> = [
        makeNode("Transpose", [x], { permutation: [1, 0] }),
        makeNode("Expand", [x], { shape: [1, 2, 2] }),
        makeNode("Tile", [x], { repeats: [1, 1] }),
        makeNode("Pad", [x], { before: [0, 0], after: [0, 0], value: 0 }),
        makeNode("Slice", [x], { begin: [1, 1], sizes: [2, 2], strides: [-1, -1] }),
        makeNode("Gather", [x, constant([0, 1], [2], "int32")], { axis: 0 }),
        makeNode("ScatterAdd", [x, constant([1, 0], [2], "int32")], { count: 2 }),
        makeNode("ScatterAdd", [x, constant([1, 1], [2], "int32")], { count: 2 }),
        makeNode("CumSum", [x], { axis: 0, exclusive: true, reverse: false }),
        makeNode("Where", [x, x, x], {}),
      ]
      for (const node of nodes) {
        const { values, shape } = await runNode(node, [x], [1, 0, 0, 1])
        expect(shape, `of ${node.op}`).toEqual(node.shape)
        const areTruth = values.every((v) => v === 0 || v === 1)
        expect(areTruth, `of ${node.op}`).toBe(true)
      }
    }
  })

  it("constants: several numbers, one for all, none, truth", async () => {
    const x = input([1])
    const run = (node: Node) => runNode(node, [x], [0])
    expect(await run(constant([1, 2], [2]))).toEqual({ shape: [2], values: [1, 2] })
    expect(await run(constant([3], [2, 2]))).toEqual({ shape: [2, 2], values: [3, 3, 3, 3] })
    expect((await run(constant([3], [1000]))).values).toEqual(Array(1000).fill(3))
    expect(await run(constant([], [0]))).toEqual({ shape: [0], values: [] })
    expect(await run(constant([5, 0], [2], "bool"))).toEqual({ shape: [2], values: [1, 0] })
    expect((await run(constant([1], [100], "bool"))).values).toEqual(Array(100).fill(1))
    expect(await run(constant([-7], [], "int32"))).toEqual({ shape: [], values: [-7] })
    // The same numbers in two shapes and types.
    const many = Array.from({ length: 100 }, (_, i) => i)
    const both = makeNode("MatMul", [constant(many, [1, 100]), constant(many, [100, 1])], {
      transposeA: false,
      transposeB: false,
    })
    const whole = makeNode(
      "Cast",
      [makeNode("ReduceMax", [constant(many, [100], "int32")], { axes: [0], keepDims: false })],
      { to: "float32" },
    )
    expect((await run(makeNode("Sub", [both, whole], {}))).values).toEqual([328350 - 99])
  })
})

describe("Gather and ScatterAdd", () => {
  it("takes along any axis, at places of any shape", async () => {
    const x = input([2, 3])
    const places = input([2, 2], "int32")
    const node = makeNode("Gather", [x, places], { axis: 1 })
    expect(await runNode(node, [x, places], [1, 2, 3, 4, 5, 6], [0, 2, 1, 1])).toEqual({
      shape: [2, 2, 2],
      values: [1, 3, 2, 2, 4, 6, 5, 5],
    })
  })

  it("adds rows up by their places", async () => {
    const [x, places] = [input([4, 2]), input([4], "int32")]
    const node = makeNode("ScatterAdd", [x, places], { count: 3 })
    expect(await runNode(node, [x, places], [1, 2, 3, 4, 5, 6, 7, 8], [2, 0, 2, 2])).toEqual({
      shape: [3, 2],
      values: [3, 4, 0, 0, 13, 16],
    })
    const square = makeNode(
      "ScatterAdd",
      [makeNode("Reshape", [x], { shape: [2, 2, 2] }), input([2, 2], "int32")],
      {
        count: 3,
      },
    )
    const [, at] = square.inputs as [Node, Node<"Input">]
    expect((await runNode(square, [x, at], [1, 2, 3, 4, 5, 6, 7, 8], [2, 0, 2, 2])).values).toEqual(
      [3, 4, 0, 0, 13, 16],
    )
    const flat = input([3])
    const vector = makeNode("ScatterAdd", [flat, constant([1, 1, 0], [3], "int32")], { count: 2 })
    expect((await runNode(vector, [flat], [1, 2, 3])).values).toEqual([3, 3])
  })

  it("a constant permutation comes back in order", async () => {
    const x = input([3, 1])
    const node = makeNode("ScatterAdd", [x, constant([2, 0, 1], [3], "int32")], { count: 3 })
    expect((await runNode(node, [x], [1, 2, 3])).values).toEqual([2, 3, 1])
  })
})
