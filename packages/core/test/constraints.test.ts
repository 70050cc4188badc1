import "@tensorflow/tfjs-backend-cpu"
import {
  type Constraint,
  constraints,
  containsEvent,
  interiorPoint,
  isSubset,
  makeKey,
  type Shape,
  ShapeError,
  sizeOf,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const {
  boolean,
  correlationCholesky,
  greaterThan,
  integer,
  integerInterval,
  interval,
  lowerCholesky,
  lowerTriangular,
  nonNegative,
  ordered,
  parts,
  positive,
  positiveDefinite,
  real,
  simplex,
  unitInterval,
} = constraints

interface Sample {
  readonly constraint: Constraint
  readonly event: Shape
  /** Points outside, one event each. */
  readonly outside: ReadonlyArray<ReadonlyArray<number>>
  readonly inside?: ReadonlyArray<ReadonlyArray<number>>
}

const samples: ReadonlyArray<Sample> = [
  {
    constraint: real,
    event: [],
    outside: [[Infinity], [-Infinity], [Number.NaN]],
    inside: [[0], [3e38]],
  },
  { constraint: positive, event: [], outside: [[0], [-1], [Number.NaN]], inside: [[1e-30]] },
  { constraint: nonNegative, event: [], outside: [[-1e-6], [Number.NaN]], inside: [[0]] },
  { constraint: greaterThan(3), event: [], outside: [[3], [2]], inside: [[3.001]] },
  {
    constraint: unitInterval,
    event: [],
    outside: [[-0.001], [1.001], [Number.NaN]],
    inside: [[0], [1]],
  },
  { constraint: interval(-2, 5), event: [], outside: [[-2.1], [5.1]], inside: [[-2], [5]] },
  { constraint: integer, event: [], outside: [[0.5], [Number.NaN]], inside: [[-7]] },
  {
    constraint: integerInterval(-1, 3),
    event: [],
    outside: [[0.5], [4], [-2]],
    inside: [[-1], [3]],
  },
  { constraint: boolean, event: [], outside: [[0.5], [2], [-1]], inside: [[0], [1]] },
  {
    constraint: simplex,
    event: [3],
    outside: [
      [0.5, 0.5, 0.5],
      [1.5, -0.5, 0],
      [0, 0, Number.NaN],
    ],
    inside: [[1, 0, 0]],
  },
  {
    constraint: ordered,
    event: [3],
    outside: [
      [1, 1, 2],
      [3, 2, 1],
      [0, Number.NaN, 1],
    ],
    inside: [[-1, 0, 9]],
  },
  { constraint: ordered, event: [1], outside: [], inside: [[4]] },
  {
    constraint: lowerTriangular,
    event: [2, 2],
    outside: [[1, 0.1, 2, 3]],
    inside: [[-1, 0, 2, 0]],
  },
  {
    constraint: lowerCholesky,
    event: [2, 2],
    outside: [
      [-1, 0, 2, 3],
      [1, 0, 2, 0],
      [1, 1, 2, 3],
    ],
    inside: [[1, 0, -9, 3]],
  },
  {
    constraint: correlationCholesky,
    event: [2, 2],
    outside: [
      [1, 0, 0.6, 0.6],
      [1, 0, 0.6, -0.8],
      [2, 0, 0.6, 0.8],
    ],
    inside: [[1, 0, -0.6, 0.8]],
  },
  {
    constraint: positiveDefinite,
    event: [2, 2],
    outside: [
      [1, 2, 2, 1],
      [1, 0.5, 0, 1],
      [-1, 0, 0, 1],
    ],
    inside: [[2, -1, -1, 2]],
  },
  {
    constraint: positiveDefinite,
    event: [3, 3],
    outside: [[1, 2, 0, 2, 1, 0, 0, 0, 1]],
    inside: [[4, 1, 0, 1, 3, 1, 0, 1, 2]],
  },
  {
    constraint: parts([
      [positive, 1],
      [simplex, 2],
    ]),
    event: [3],
    outside: [
      [-1, 0.5, 0.5],
      [1, 0.5, 0.6],
    ],
    inside: [[9, 0.25, 0.75]],
  },
]

const contains = (
  { constraint, event }: Sample,
  values: ArrayLike<number>,
  batch: Shape,
): ReadonlyArray<number> =>
  tf.tidy(() => {
    const x = tf.tensor(Float32Array.from(values), [...batch, ...event], "float32")
    return Array.from(containsEvent(constraint, x, event.length).dataSync()) as never
  })

describe.each(samples.map((s) => [`${s.constraint.name} on [${s.event.join(", ")}]`, s] as const))(
  "%s",
  (_, sample) => {
    it("contains what it draws, in batches of any shape, the same for the same key", () => {
      fc.assert(
        fc.property(
          fc.nat(),
          fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
          (seed, batch) => {
            const shape = [...batch, ...sample.event]
            const drawn = sample.constraint.draw(makeKey(seed), shape)
            expect(drawn.length).toBe(sizeOf(shape))
            expect(contains(sample, drawn, batch).every((inside) => inside === 1)).toBe(true)
            expect(sample.constraint.draw(makeKey(seed), shape)).toEqual(drawn)
          },
        ),
        { numRuns: 30, seed: 1 },
      )
    })

    it("contains points inside and none outside, row by row", () => {
      const { inside = [], outside } = sample
      const rows = [...inside, ...outside]
      expect(contains(sample, rows.flat(), [rows.length])).toEqual([
        ...inside.map(() => 1),
        ...outside.map(() => 0),
      ])
    })

    it("lies within its bounds", () => {
      const { low, high } = sample.constraint.bounds
      const drawn = sample.constraint.draw(makeKey(1), [50, ...sample.event])
      expect(drawn.every((v) => v >= low && v <= high)).toBe(true)
    })
  },
)

describe("isSubset", () => {
  const all = [
    real,
    positive,
    nonNegative,
    greaterThan(3),
    unitInterval,
    interval(-2, 5),
    integer,
    integerInterval(-1, 3),
    boolean,
    simplex,
    ordered,
    lowerTriangular,
    lowerCholesky,
    correlationCholesky,
    positiveDefinite,
  ]
  /** For each, what it surely lies in, itself apart. */
  const table: Readonly<Record<string, ReadonlyArray<string>>> = {
    real: [],
    positive: ["real", "nonNegative"],
    nonNegative: ["real"],
    "greaterThan(3)": ["real", "positive", "nonNegative"],
    unitInterval: ["real", "nonNegative", "interval(-2, 5)"],
    "interval(-2, 5)": ["real"],
    integer: ["real"],
    "integerInterval(-1, 3)": ["real", "interval(-2, 5)", "integer"],
    boolean: ["real", "nonNegative", "unitInterval", "interval(-2, 5)", "integer"],
    simplex: ["real", "nonNegative", "unitInterval", "interval(-2, 5)"],
    ordered: ["real"],
    lowerTriangular: ["real"],
    lowerCholesky: ["real", "lowerTriangular"],
    correlationCholesky: ["real", "lowerTriangular", "lowerCholesky"],
    positiveDefinite: ["real"],
  }
  it.each(all.map((a) => [a.name, a] as const))("of %s", (name, a) => {
    expect(all.filter((b) => isSubset(a, b) && b !== a).map((b) => b.name)).toEqual(table[name])
    expect(isSubset(a, a)).toBe(true)
  })

  it("never says yes where a draw is outside", () => {
    for (const a of samples) {
      for (const b of samples) {
        if (!isSubset(a.constraint, b.constraint)) continue
        const rank = Math.max(a.event.length, b.constraint.eventRank)
        const event = a.event.length >= rank ? a.event : b.event
        const x = tf.tensor(
          a.constraint.draw(makeKey(2), [20, ...event]),
          [20, ...event],
          "float32",
        )
        expect(
          containsEvent(b.constraint, x, rank)
            .dataSync()
            .every((inside) => inside === 1),
        ).toBe(true)
      }
    }
  })
})

describe("the rest", () => {
  it("interiorPoint lies inside", () => {
    for (const c of [real, positive, unitInterval, interval(-7, -3), greaterThan(5)]) {
      expect(c.contains(tf.scalar(interiorPoint(c))).dataSync()[0]).toBe(1)
    }
  })

  it("refuses an empty interval and matrices that are not square, with the mend", () => {
    expect(() => interval(2, 1)).toThrow("interval: expected a < b, got a = 2, b = 1. Swap them.")
    expect(() => positiveDefinite.draw(makeKey(0), [2, 3])).toThrow(ShapeError)
    expect(() => positiveDefinite.draw(makeKey(0), [2, 3])).toThrow("Pass [n, n].")
  })

  it("parts of one elementwise set are that set", () => {
    expect(
      parts([
        [positive, 2],
        [positive, 3],
      ]),
    ).toBe(positive)
  })
})
