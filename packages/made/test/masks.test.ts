import { makeKey } from "@pushforward/core"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  blockDegrees,
  dependencies,
  inputMask,
  levelsOf,
  type Mask,
  masksOf,
  randomDegrees,
  sequentialDegrees,
  structure,
} from "../src/index.ts"
import { anyStructure, dependsOn, pathCounts } from "./anyStructure.ts"

const rowsOf = ({ shape: [rows, columns], values }: Mask): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)])

const transposed = (
  rows: ReadonlyArray<ReadonlyArray<number>>,
): ReadonlyArray<ReadonlyArray<number>> => rows[0]!.map((_, j) => rows.map((row) => row[j]!))

const upTo = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => i)

describe("degrees", () => {
  it("sequential: spread evenly over the choices and sorted", () => {
    expect(sequentialDegrees(6, [1, 2, 3])).toEqual([1, 1, 2, 2, 3, 3])
    expect(sequentialDegrees(2, [1, 2, 3, 4])).toEqual([1, 3])
    expect(sequentialDegrees(3, [0])).toEqual([0, 0, 0])
  })

  it("random: draws of the choices, each as often as the others, the same for the same key", () => {
    const drawn = randomDegrees(4000, [1, 3, 4, 7], makeKey(5))
    for (const choice of [1, 3, 4, 7]) {
      // Five standard deviations of a binomial count.
      const count = drawn.filter((degree) => degree === choice).length
      expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(4000 * 0.25 * 0.75))
    }
    expect(randomDegrees(40, [1, 2, 3], makeKey(5))).toEqual(
      randomDegrees(40, [1, 2, 3], makeKey(5)),
    )
    expect(randomDegrees(40, [1, 2, 3], makeKey(5))).not.toEqual(
      randomDegrees(40, [1, 2, 3], makeKey(6)),
    )
  })

  it("block: three inputs into four units give 000, 100, 110, 111", () => {
    const mask = inputMask(dependencies(3), blockDegrees(4, 3))
    expect(transposed(rowsOf(mask)).map((row) => row.join(""))).toEqual([
      "000",
      "100",
      "110",
      "111",
    ])
  })

  it("block: several units see the same inputs; too few units are refused", () => {
    expect(blockDegrees(7, 3)).toEqual([0, 0, 1, 1, 2, 2, 3])
    expect(() => blockDegrees(2, 3)).toThrow(
      "expected at least one unit for each of 3 blocks, got 2",
    )
  })
})

describe("dependencies", () => {
  it("of an order: levels are places, a unit of degree m sees the first m inputs", () => {
    const of = dependencies(3, [2, 0, 1])
    expect(of.levels).toEqual([3, 1, 2])
    expect(of.sets).toEqual([[], [1], [1, 2], [0, 1, 2]])
    expect(of.outputs).toEqual([2, 0, 1])
    expect(dependencies(3, "reversed").levels).toEqual([3, 2, 1])
    expect(dependencies(5, "random", makeKey(3)).levels.toSorted((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5,
    ])
    expect(dependencies(9, "random", makeKey(3)).levels).not.toEqual(
      dependencies(9, "random", makeKey(4)).levels,
    )
  })

  it("an order as a graph gives the same dependencies", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }).chain((d) =>
          fc.shuffledSubarray(
            upTo(d).map((i) => i),
            { minLength: d },
          ),
        ),
        (places) => {
          const matrix = places.map((a) => places.map((b) => b < a))
          expect(dependencies(places.length, matrix)).toEqual(dependencies(places.length, places))
        },
      ),
    )
  })

  it("of a graph: levels are longest ways, degrees number the distinct sets by level", () => {
    // 0 → 1 → 3 and 0 → 2 → 3, with 3 not depending on 0 directly.
    const matrix = [[], [0], [0], [1, 2]].map((parents) => upTo(4).map((j) => parents.includes(j)))
    const of = dependencies(4, matrix)
    expect(of.levels).toEqual([1, 2, 2, 3])
    expect(of.sets).toEqual([[], [0], [1, 2], [0, 1, 2, 3]])
    expect(of.outputs).toEqual([0, 1, 1, 2])
    expect(levelsOf(of, [0, 1, 2, 3])).toEqual([0, 1, 2, 3])
  })

  it("refuses an order that is not a permutation, and a matrix that is not square", () => {
    expect(() => dependencies(3, [0, 0, 2])).toThrow(
      "expected a permutation of 0 … 2, got [0, 0, 2]",
    )
    expect(() => dependencies(3, [0, 1])).toThrow("permutation")
    expect(() => dependencies(2, [[false], [true, false]])).toThrow(
      "expected a matrix of 2 rows of 2, got rows of 1, 2",
    )
  })

  it("names a cycle", () => {
    const cycle = [[2], [0], [3], [1]].map((parents) => upTo(4).map((j) => parents.includes(j)))
    expect(() => dependencies(4, cycle)).toThrow(
      "got 0 → 2 → 3 → 1 → 0, each depending on the next",
    )
    expect(() =>
      dependencies(2, [
        [false, false],
        [false, true],
      ]),
    ).toThrow("got 1 → 1")
  })
})

describe("structure", () => {
  it("layers keep their units sorted, whatever the connectivity", () => {
    fc.assert(
      fc.property(anyStructure, ({ options, seed }) => {
        for (const degrees of structure(options, makeKey(seed)).hidden) {
          expect(degrees).toEqual(degrees.toSorted((a, b) => a - b))
        }
      }),
    )
  })

  it("no way leads from an input to a dimension that does not depend on it", () => {
    fc.assert(
      fc.property(anyStructure, ({ options, seed }) => {
        const of = structure(options, makeKey(seed))
        pathCounts(masksOf(of), options.residual).forEach((row, i) =>
          row.forEach((count, j) => {
            if (!dependsOn(of, j, i)) expect(count).toBe(0)
          }),
        )
      }),
      { numRuns: 300 },
    )
  })

  it("with a unit for each set in every layer, a way leads wherever there is a dependency", () => {
    fc.assert(
      fc.property(anyStructure, ({ options, seed }) => {
        const wide = { ...options, hidden: (options.hidden ?? []).map(() => 9) }
        const of = structure({ ...wide, connectivity: "sequential" }, makeKey(seed))
        pathCounts(masksOf(of), options.residual).forEach((row, i) =>
          row.forEach((count, j) => expect(count > 0).toBe(dependsOn(of, j, i))),
        )
      }),
      { numRuns: 300 },
    )
  })

  it("a drawn unit always has one before it that feeds it", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        (seed, hidden) => {
          const of = structure({ size: 6, hidden, connectivity: "random" }, makeKey(seed))
          for (const mask of masksOf(of).slice(0, -1)) {
            for (const column of transposed(rowsOf(mask))) expect(column).toContain(1)
          }
        },
      ),
    )
  })

  it("units that see no input are there for a context", () => {
    const of = { size: 3, hidden: [6] }
    expect(structure(of).hidden).toEqual([[1, 1, 1, 2, 2, 2]])
    expect(structure({ ...of, conditional: true }).hidden).toEqual([[0, 0, 1, 1, 2, 2]])
    expect(structure({ size: 1, hidden: [2] }).hidden).toEqual([[0, 0]])
  })

  it("residual layers have the degrees of the layers they are added to", () => {
    const of = structure(
      { size: 5, hidden: [8, 3, 8, 9, 8], connectivity: "random", residual: true },
      makeKey(2),
    )
    expect(of.hidden[2]).toEqual(of.hidden[0])
    expect(of.hidden[4]).toEqual(of.hidden[0])
    const refused = (hidden: ReadonlyArray<number>) => () =>
      structure({ size: 5, hidden, residual: true })
    expect(refused([8, 8])).toThrow("expected 1, 3, 5, … hidden layers")
    expect(refused([8, 8, 7])).toThrow("of one width, got [8, 8, 7]")
    expect(refused([])).toThrow("got []")
  })
})
