import { cpu } from "@pushforward/backend-cpu"
import { makeKey, normalValues } from "@pushforward/core"
import { gaussianMixture } from "@pushforward/distributions"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import {
  fitGaussianMixture,
  gaussianBaseline,
  type GaussianMixtureFit,
  meanAndError,
  type Rows,
  scoreRows,
} from "../src/index.ts"
import golden from "./golden/mixtures.json" with { type: "json" }

const table = (columns: number, values: ArrayLike<number>): Rows => ({
  shape: [values.length / columns, columns],
  dtype: "float32",
  values: Float32Array.from(values),
})
const normal = (seed: number, count: number): Float32Array => normalValues(makeKey(seed), count)

/** Components from left to right. */
const sorted = ({ weights, loc, scaleTril, logLikelihood }: GaussianMixtureFit) => {
  const order = loc.map((_, k) => k).toSorted((a, b) => loc[a]![0]! - loc[b]![0]!)
  return {
    weights: order.map((k) => weights[k]!),
    loc: order.map((k) => loc[k]!),
    scaleTril: order.map((k) => scaleTril[k]!),
    logLikelihood,
  }
}
const expectNear = (
  got: ReadonlyArray<number>,
  want: ReadonlyArray<number>,
  digits: number,
): void => {
  expect(got.length).toBe(want.length)
  want.forEach((value, i) => expect(got[i]).toBeCloseTo(value, digits))
}

describe("fitGaussianMixture", () => {
  const heaps = table(2, golden.rows.flat())

  it("agrees with scikit-learn", () => {
    const fitted = sorted(fitGaussianMixture(heaps, { components: 3 }))
    expectNear(fitted.weights, golden.weights, 6)
    expectNear(fitted.loc.flat(), golden.loc.flat(), 4)
    expectNear(fitted.scaleTril.flat(2), golden.scaleTril.flat(2), 3)
    expect(fitted.logLikelihood).toBeCloseTo(golden.logLikelihood, 4)
  })

  it("gives what gaussianMixture takes, and its score", async () => {
    const { logLikelihood, ...given } = fitGaussianMixture(heaps, { components: 4, seed: 1 })
    const mixture = gaussianMixture(given)
    const recipe = { ...mixture, init: () => ({}), build: () => mixture }
    const scores = await Effect.runPromise(scoreRows(recipe, {}, heaps).pipe(Effect.provide(cpu)))
    expect(meanAndError(scores).mean).toBeCloseTo(logLikelihood, 5)
  })

  it("one component is the Gaussian of greatest likelihood", () => {
    const fitted = fitGaussianMixture(heaps, { components: 1 })
    expect(fitted.weights).toEqual([1])
    const { mean } = meanAndError(gaussianBaseline(heaps, heaps))
    expect(fitted.logLikelihood).toBeCloseTo(mean, 5)
  })

  it("finds a narrow Gaussian within a wide one", () => {
    const rows = table(
      2,
      normal(1, 4000).map((z, i) => (i < 2000 ? z : z / 10)),
    )
    const { weights, scaleTril, loc } = fitGaussianMixture(rows, { components: 2 })
    const [wide, narrow] = scaleTril[0]![0]![0]! > 0.5 ? [0, 1] : [1, 0]
    expect(weights[wide]).toBeCloseTo(0.5, 1)
    expect(scaleTril[wide]![0]![0]).toBeCloseTo(1, 1)
    expect(scaleTril[narrow]![0]![0]).toBeCloseTo(0.1, 2)
    expectNear(loc[narrow]!, [0, 0], 1)
  })

  it("never loses by another round", () => {
    const rows = table(
      3,
      normal(2, 900).map((z) => z ** 3),
    )
    const scores = [1, 2, 5, 20, 100].map(
      (rounds) => fitGaussianMixture(rows, { components: 5, rounds }).logLikelihood,
    )
    expect(scores).toEqual(scores.toSorted((a, b) => a - b))
    expect(scores.at(-1)).toBeGreaterThan(scores[0]! + 0.01)
  })

  it("follows the units, and the seed alone decides", () => {
    const moved = table(
      2,
      heaps.values.map((x, i) => (i % 2 === 0 ? 1024 * x : x / 4)),
    )
    const [here, there] = [heaps, moved].map((rows) =>
      fitGaussianMixture(rows, { components: 5, seed: 3 }),
    ) as [GaussianMixtureFit, GaussianMixtureFit]
    expect(there.logLikelihood).toBeCloseTo(here.logLikelihood - Math.log(256), 9)
    expectNear(there.weights, here.weights, 9)
    expect(fitGaussianMixture(heaps, { components: 5, seed: 3 })).toEqual(here)
    expect(fitGaussianMixture(heaps, { components: 5, seed: 4 })).not.toEqual(here)
  })

  it("copies, constants, and more components than places", () => {
    const copies = table(2, [1, 7, 1, 7, 1, 7, 2, 7, 2, 7])
    for (const components of [1, 2, 4, 5]) {
      const { weights, loc, scaleTril, logLikelihood } = fitGaussianMixture(copies, { components })
      expect(weights.length).toBeLessThanOrEqual(Math.min(2, components))
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
      expect([...loc.flat(), ...scaleTril.flat(2), logLikelihood].every(Number.isFinite)).toBe(true)
      expect(scaleTril.every((factor) => factor.every((row, i) => row[i]! > 0))).toBe(true)
    }
  })

  it("refuses numbers of components that make no sense", () => {
    for (const components of [0, 1.5, 91]) {
      expect(() => fitGaussianMixture(heaps, { components })).toThrow("expected 1 to 90 components")
    }
  })
})
