import { sizeOf } from "@pushforward/core"
import {
  evaluate,
  type Graph,
  GraphError,
  inFloat64,
  makeNode,
  type Node,
  trace,
} from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { expectClose, spread } from "./agree.ts"

const valuesAt = (
  f: (x: tf.Tensor) => tf.Tensor,
  values: ReadonlyArray<number>,
): ReadonlyArray<number> =>
  Array.from(inFloat64(([x]) => [f(x!)], [{ shape: [values.length], values }])[0]!.values)

const input = (
  shape: ReadonlyArray<number>,
  dtype: "float32" | "int32" | "bool" = "float32",
): Node<"Input"> => makeNode("Input", [], { name: "x", shape, dtype })
const graphOf = (inputs: ReadonlyArray<Node<"Input">>, ...outputs: ReadonlyArray<Node>): Graph => ({
  inputs,
  outputs,
})

describe("special functions", () => {
  // Golden values from mpmath 1.3 with 40 digits.
  it("erf is within a few units of the last place", () => {
    const golden: ReadonlyArray<readonly [number, number]> = [
      [1e-10, 1.1283791670955126e-10],
      [0.3, 0.3286267594591274],
      [0.84375, 0.7672256612323416],
      [1, 0.8427007929497149],
      [1.25, 0.9229001282564583],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
      [5.5, 0.9999999999999927],
    ]
    const got = valuesAt(
      tf.erf,
      golden.flatMap(([x]) => [x, -x]),
    )
    golden.forEach(([, y], i) => {
      expect(Math.abs(got[2 * i]! / y - 1)).toBeLessThan(1e-15)
      expect(got[2 * i + 1]).toBe(-got[2 * i]!)
    })
    expect(valuesAt(tf.erf, [Infinity, -Infinity, NaN, 0, 30])).toEqual([1, -1, NaN, 0, 1])
  })

  it("softplus, sigmoid and their kin keep small and large numbers", () => {
    expect(valuesAt(tf.softplus, [-50, 50, -800, 800])).toEqual([Math.exp(-50), 50, 0, 800])
    expectClose(valuesAt(tf.sigmoid, [-700, 700, 0]), [Math.exp(-700), 1, 0.5], 1e-16)
    expect(valuesAt(tf.log1p, [1e-20])).toEqual([1e-20])
    expect(valuesAt(tf.expm1, [1e-20])).toEqual([1e-20])
  })

  it("rounds halves to even", () => {
    expect(valuesAt(tf.round, [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.4999999999999999])).toEqual([
      -2, -2, 0, 0, 2, 2, 0,
    ])
  })
})

describe("whole numbers and booleans", () => {
  it("int32 wraps around and truncates", () => {
    const [a, b] = [input([3], "int32"), input([3], "int32")]
    const graph = graphOf(
      [a, b],
      makeNode("Add", [a, b], {}),
      makeNode("Mul", [a, b], {}),
      makeNode("FloorDiv", [a, b], {}),
      makeNode(
        "Cast",
        [
          makeNode(
            "Div",
            [makeNode("Cast", [a], { to: "float32" }), makeNode("Cast", [b], { to: "float32" })],
            {},
          ),
        ],
        { to: "int32" },
      ),
    )
    const out = evaluate(graph, [
      { shape: [3], values: [2 ** 31 - 1, -7, 100_000] },
      { shape: [3], values: [1, 2, 100_000] },
    ])
    expect(out.map(({ values }) => Array.from(values))).toEqual([
      [-(2 ** 31), -5, 200_000],
      [2 ** 31 - 1, -14, 1_410_065_408],
      [2 ** 31 - 1, -4, 1],
      [2 ** 31 - 1, -3, 1],
    ])
  })

  it("anything but 0 is true", () => {
    const x = input([4])
    const truth = makeNode("Cast", [x], { to: "bool" })
    const graph = graphOf(
      [x],
      truth,
      makeNode("Not", [truth], {}),
      makeNode("ReduceAny", [truth], { axes: [0], keepDims: false }),
      makeNode("ReduceAll", [truth], { axes: [0], keepDims: false }),
    )
    const out = evaluate(graph, [{ shape: [4], values: [0, 2, NaN, -0] }])
    expect(out.map(({ values }) => Array.from(values))).toEqual([
      [0, 1, 1, 0],
      [1, 0, 0, 1],
      [1],
      [0],
    ])
  })
})

describe("evaluate", () => {
  it("reads elements by their definition, for any shapes", () => {
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(shape, fc.infiniteStream(fc.nat()), (sizes, numbers) => {
        const pick = (n: number): number => numbers.next().value! % n
        const { values } = spread(sizes)
        const x = input(sizes)
        const index = (place: ReadonlyArray<number>, of: ReadonlyArray<number>): number =>
          place.reduce((at, i, axis) => at * of[axis]! + i, 0)
        const places = (of: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
          Array.from({ length: sizeOf(of) }, (_, flat) => {
            const place: Array<number> = []
            for (let axis = of.length - 1, rest = flat; axis >= 0; axis--) {
              place.unshift(rest % of[axis]!)
              rest = Math.floor(rest / of[axis]!)
            }
            return place
          })
        const check = (node: Node, expected: (place: ReadonlyArray<number>) => number): void => {
          const [out] = evaluate(graphOf([x], node), [{ shape: sizes, values }])
          expect(Array.from(out!.values)).toEqual(places(node.shape).map(expected))
        }
        const from = (place: ReadonlyArray<number>): number => values[index(place, sizes)]!

        const permutation = sizes.map((_, i) => i).toSorted((a, b) => pick(3) - 1 || a - b)
        check(makeNode("Transpose", [x], { permutation }), (place) => {
          const back: Array<number> = []
          permutation.forEach((axis, i) => (back[axis] = place[i]!))
          return from(back)
        })

        const strides = sizes.map(() => [1, 2, -1, -2][pick(4)]!)
        const kept = sizes.map((n) => 1 + pick(n))
        const fitting = kept.map((n, i) =>
          Math.min(n, Math.ceil(sizes[i]! / Math.abs(strides[i]!))),
        )
        const begin = strides.map((stride, i) => (stride > 0 ? 0 : sizes[i]! - 1))
        check(makeNode("Slice", [x], { begin, sizes: fitting, strides }), (place) =>
          from(place.map((i, axis) => begin[axis]! + i * strides[axis]!)),
        )

        const [before, after] = [sizes.map(() => pick(3)), sizes.map(() => pick(3))]
        check(makeNode("Pad", [x], { before, after, value: 7 }), (place) => {
          const inner = place.map((i, axis) => i - before[axis]!)
          return inner.every((i, axis) => i >= 0 && i < sizes[axis]!) ? from(inner) : 7
        })

        check(makeNode("Tile", [x], { repeats: sizes.map(() => 1 + pick(3)) }), (place) =>
          from(place.map((i, axis) => i % sizes[axis]!)),
        )

        const axis = pick(sizes.length)
        check(makeNode("Concat", [x, x, x], { axis }), (place) =>
          from(place.map((i, k) => (k === axis ? i % sizes[k]! : i))),
        )
        check(
          makeNode("Expand", [makeNode("Reshape", [x], { shape: [...sizes, 1] })], {
            shape: [2, ...sizes, 3],
          }),
          (place) => from(place.slice(1, -1)),
        )

        const axes = sizes.flatMap((_, i) => (pick(2) === 0 ? [i] : []))
        check(makeNode("ReduceMax", [x], { axes, keepDims: true }), (place) =>
          Math.max(
            ...places(sizes)
              .filter((other) => other.every((i, k) => axes.includes(k) || i === place[k]))
              .map(from),
          ),
        )

        const row = makeNode("Slice", [x], {
          begin: sizes.map(() => 0),
          sizes: sizes.map((n, i) => (axes.includes(i) ? 1 : n)),
          strides: sizes.map(() => 1),
        })
        check(
          makeNode("Sub", [x, row], {}),
          (place) => from(place) - from(place.map((i, k) => (axes.includes(k) ? 0 : i))),
        )
      }),
      { numRuns: 100, seed: 1 },
    )
  })

  it("multiplies matrices by their definition, transposed and repeated", () => {
    fc.assert(
      fc.property(
        fc.record({
          m: fc.integer({ min: 1, max: 4 }),
          k: fc.integer({ min: 1, max: 4 }),
          n: fc.integer({ min: 1, max: 4 }),
          transposeA: fc.boolean(),
          transposeB: fc.boolean(),
          batch: fc.constantFrom<
            readonly [ReadonlyArray<number>, ReadonlyArray<number>, ReadonlyArray<number>]
          >(
            [[], [], []],
            [[2], [2], [2]],
            [[2], [1], [2]],
            [[3, 1], [2], [3, 2]],
            [[], [3, 2], [3, 2]],
          ),
        }),
        ({ m, k, n, transposeA, transposeB, batch: [ba, bb, whole] }) => {
          const [sa, sb] = [
            [...ba, ...(transposeA ? [k, m] : [m, k])],
            [...bb, ...(transposeB ? [n, k] : [k, n])],
          ]
          const [a, b] = [input(sa), input(sb)]
          const values = [spread(sa).values, spread(sb, -1, 1, 3).values] as const
          const [out] = evaluate(
            graphOf([a, b], makeNode("MatMul", [a, b], { transposeA, transposeB })),
            [
              { shape: sa, values: values[0] },
              { shape: sb, values: values[1] },
            ],
          )
          expect(out!.shape).toEqual([...whole, m, n])
          const matrix = (own: ReadonlyArray<number>, place: ReadonlyArray<number>): number =>
            own.reduce(
              (at, size, i) => at * size + (size === 1 ? 0 : place[place.length - own.length + i]!),
              0,
            )
          let flat = 0
          for (let c = 0; c < sizeOf(whole); c++) {
            const place = whole.length < 2 ? [c] : [Math.floor(c / whole[1]!), c % whole[1]!]
            const [ma, mb] = [matrix(ba, place) * m * k, matrix(bb, place) * k * n]
            for (let i = 0; i < m; i++) {
              for (let j = 0; j < n; j++) {
                let sum = 0
                for (let l = 0; l < k; l++) {
                  sum +=
                    values[0][ma + (transposeA ? l * m + i : i * k + l)]! *
                    values[1][mb + (transposeB ? j * k + l : l * n + j)]!
                }
                expect(Math.abs(out!.values[flat++]! - sum)).toBeLessThan(1e-14)
              }
            }
          }
        },
      ),
      { numRuns: 100, seed: 1 },
    )
  })

  it("handles empty tensors", () => {
    const graph = trace(
      ([x]) => [tf.sum(tf.mul(x!, 2), 0), tf.concat([x!, x!], 0), tf.add(x!, 1)],
      [{ shape: [null, 2], dtype: "float32" }],
    )
    const out = evaluate(graph, [{ shape: [0, 2], values: [] }])
    expect(out.map(({ shape }) => shape)).toEqual([[2], [0, 2], [0, 2]])
    expect(Array.from(out[0]!.values)).toEqual([0, 0])
  })

  it("never changes what it is given", () => {
    const values = new Float64Array([1, 2])
    const graph = trace(([x]) => [tf.reshape(x!, [2, 1])], [{ shape: [2], dtype: "float32" }])
    const [out] = evaluate(graph, [{ shape: [2], values }])
    out!.values[0] = 9
    expect(Array.from(values)).toEqual([1, 2])
  })

  it("says which input does not fit", () => {
    const graph = trace(
      ([x, y]) => [tf.add(x!, y!)],
      [
        { shape: [null, 2], dtype: "float32" },
        { shape: [null, 2], dtype: "float32" },
      ],
      { names: ["left", "right"] },
    )
    const rows = (n: number) => ({ shape: [n, 2], values: new Float64Array(2 * n) })
    expect(() => evaluate(graph, [rows(2)])).toThrow("expected 2 inputs (left, right), got 1")
    expect(() => evaluate(graph, [rows(2), rows(3)])).toThrow(
      "expected one batch size n, got 2 and, in right, 3",
    )
    expect(() =>
      evaluate(graph, [rows(2), { shape: [2, 3], values: new Float64Array(6) }]),
    ).toThrow("expected right of shape [n, 2], got [2, 3]")
    expect(() => evaluate(graph, [rows(2), { shape: [2, 2], values: [1] }])).toThrow(
      "expected 4 values for right",
    )
    const gather = trace(
      ([x, i]) => [tf.gather(x!, i as tf.Tensor1D)],
      [
        { shape: [3], dtype: "float32" },
        { shape: [1], dtype: "int32" },
      ],
    )
    expect(() =>
      evaluate(gather, [
        { shape: [3], values: [1, 2, 3] },
        { shape: [1], values: [3] },
      ]),
    ).toThrow(GraphError)
  })
})
