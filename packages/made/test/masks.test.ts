import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { hiddenDegrees, hiddenMask, inputDegrees, outputMask } from "../src/index.ts"

/** The product of masks: entry (i, j) counts the paths from input i to output j. */
const paths = (layers: ReadonlyArray<ReturnType<typeof hiddenMask>>): number[][] =>
  layers
    .map(({ shape: [rows, columns], values }) =>
      Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)]),
    )
    .reduce((a, b) =>
      a.map((row) => b[0]!.map((_, j) => row.reduce((s, v, k) => s + v * b[k]![j]!, 0))),
    )

describe("degrees", () => {
  it("hidden degrees are spread evenly over 1 … d − 1 and sorted", () => {
    expect(hiddenDegrees(6, 4)).toEqual([1, 1, 2, 2, 3, 3])
    expect(hiddenDegrees(2, 5)).toEqual([1, 3])
    expect(hiddenDegrees(3, 1)).toEqual([0, 0, 0])
  })

  it("refuses an order that is not a permutation", () => {
    expect(() => inputDegrees(3, [0, 0, 2])).toThrow(
      "expected a permutation of 0 … 2, got [0, 0, 2]",
    )
    expect(() => inputDegrees(3, [0, 1])).toThrow("permutation")
  })
})

describe("masks", () => {
  it("let a path lead from input i to output j exactly when i comes before j, for any order, depth and width", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }).chain((d) =>
          fc.record({
            order: fc.shuffledSubarray(
              Array.from({ length: d }, (_, i) => i),
              { minLength: d },
            ),
            // Wide enough that every degree has a unit; narrower networks may lose paths, never gain them.
            widths: fc.array(fc.integer({ min: Math.max(1, d - 1), max: 9 }), {
              minLength: 1,
              maxLength: 3,
            }),
          }),
        ),
        ({ order, widths }) => {
          const inputs = inputDegrees(order.length, order)
          const layers = [inputs, ...widths.map((w) => hiddenDegrees(w, order.length))]
          const counts = paths([
            ...layers.slice(1).map((to, i) => hiddenMask(layers[i]!, to)),
            outputMask(layers.at(-1)!, inputs),
          ])
          counts.forEach((row, i) =>
            row.forEach((n, j) => expect(n > 0).toBe(inputs[i]! < inputs[j]!)),
          )
        },
      ),
    )
  })
})
