import { describe, expect, it } from "vitest"
import { type Graph, makeNode, splitCarries } from "../src/index.ts"
import { constant, input, runGraph } from "./onnx/runModel.ts"

const n = 1_200_000
const layout = { carry: 2, resident: 1, inputs: 0 }

/** A vector used in a large, a small, and a large part, with a moment beside it, a mask and a norm. */
const step = (): Graph => {
  const [x, m, rate] = [input([n], "float32", "x"), input([n], "float32", "m"), input([])]
  const part = (begin: number, size: number) =>
    makeNode("Slice", [x], { begin: [begin], sizes: [size], strides: [1] })
  const [a, b, c] = [part(0, 600_000), part(600_000, 10), part(600_010, 500_000)]
  // The last elements are in no part.
  const gradient = makeNode(
    "Concat",
    [
      makeNode("Sin", [a], {}),
      makeNode("Neg", [b], {}),
      makeNode(
        "Reshape",
        [makeNode("Mul", [makeNode("Reshape", [c], { shape: [500, 1000] }), rate], {})],
        {
          shape: [500_000],
        },
      ),
      constant([0.5], [n - 1_100_010]),
    ],
    { axis: 0 },
  )
  const mask = constant(
    Float32Array.from({ length: n }, (_, i) => i % 3),
    [n],
  )
  const masked = makeNode("Mul", [gradient, mask], {})
  const norm = makeNode("ReduceMax", [makeNode("Abs", [masked], {})], {
    axes: [0],
    keepDims: false,
  })
  const mean = makeNode("Add", [makeNode("Mul", [m, constant([0.9])], {}), masked], {})
  const next = makeNode("Sub", [x, makeNode("Mul", [mean, rate], {})], {})
  const middle = makeNode("Slice", [x], { begin: [599_999], sizes: [3], strides: [1] })
  return { inputs: [x, m, rate], outputs: [next, mean, norm, middle, masked] }
}

describe("splitCarries", () => {
  it("cuts alike what has one length, and gives the same numbers", async () => {
    const whole = step()
    const split = splitCarries(whole, layout)
    const cuts = split.pieces.map((pieces) => pieces?.map((piece) => piece.ranges))
    expect(cuts[0]).toEqual([
      [[0, 600_000]],
      [[600_010, 500_000]],
      [
        [600_000, 10],
        [1_100_010, 99_990],
      ],
    ])
    expect(cuts[1]).toEqual(cuts[0])
    const [x, m] = [1, 2].map((seed) =>
      Array.from({ length: n }, (_, i) => Math.fround(Math.sin(seed * i))),
    )
    const rate = { shape: [], values: [Math.fround(0.1)] }
    const expected = await runGraph(
      whole,
      { shape: [n], values: x! },
      { shape: [n], values: m! },
      rate,
    )
    const cut = (values: ReadonlyArray<number>) =>
      split.pieces[0]!.map(({ ranges, size }) => ({
        shape: [size],
        values: ranges.flatMap(([begin, count]) => values.slice(begin, begin + count)),
      }))
    const got = await runGraph(split.step, ...cut(x!), ...cut(m!), rate)
    const same = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean =>
      a.length === b.length && a.every((v, i) => v === b[i])
    cut(expected[0]!.values).forEach((piece, i) =>
      expect(same(got[i]!.values, piece.values)).toBe(true),
    )
    cut(expected[1]!.values).forEach((piece, i) =>
      expect(same(got[3 + i]!.values, piece.values)).toBe(true),
    )
    expected
      .slice(2)
      .forEach(({ values }, i) => expect(same(got[6 + i]!.values, values)).toBe(true))
  })

  it("leaves short vectors, and those without large parts, as they are", () => {
    const short = input([1000])
    const long = input([n])
    for (const x of [short, long]) {
      const graph = { inputs: [x], outputs: [makeNode("Neg", [x], {})] }
      const split = splitCarries(graph, { carry: 1, resident: 0, inputs: 0 })
      expect(split.step).toBe(graph)
      expect(split.pieces).toEqual([undefined])
    }
  })
})
