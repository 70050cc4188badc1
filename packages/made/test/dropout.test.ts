import "@tensorflow/tfjs-backend-cpu"
import { instantiate, makeKey, randomNormal, randomUniform, uniformValues } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import { dropout } from "../src/dropout.ts"
import { made, networkEnsemble } from "../src/index.ts"

const steps = 400
const [rows, units, rate] = [12, 10, 0.3]

/** Which of the units of each row stand, `[step][row · units + unit]`, for layers named by `path` and number. */
const standing = (
  path: ReadonlyArray<string>,
  layer: number,
): ReadonlyArray<ReadonlyArray<number>> =>
  tf.tidy(() =>
    Array.from({ length: steps }, (_, step) => [
      ...dropout(rate, 1, randomUniform(makeKey(step), [2]), { path })(
        tf.ones([rows, units]),
        layer,
      ).dataSync(),
    ]),
  )

const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** The largest correlation, over steps, of cells of two series. */
const largestCorrelation = (
  a: ReadonlyArray<ReadonlyArray<number>>,
  b: ReadonlyArray<ReadonlyArray<number>>,
  pairs: ReadonlyArray<readonly [number, number]>,
): number => {
  const cell = (of: ReadonlyArray<ReadonlyArray<number>>, i: number) => of.map((step) => step[i]!)
  const standard = (values: ReadonlyArray<number>) => {
    const centre = mean(values)
    const spread = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
    return values.map((value) => (value - centre) / spread)
  }
  return Math.max(
    ...pairs.map(([i, j]) => {
      const [x, y] = [standard(cell(a, i)), standard(cell(b, j))]
      return Math.abs(mean(x.map((value, k) => value * y[k]!)))
    }),
  )
}

describe("dropout", () => {
  const drawn = standing(["0"], 0)

  it("every unit of every row falls at its rate, and what stands makes up for it", () => {
    const values = new Set(drawn.flat())
    expect([...values].toSorted((a, b) => a - b)).toEqual([0, Math.fround(1 / 0.7)])
    for (let i = 0; i < rows * units; i++) {
      const fallen = mean(drawn.map((step) => (step[i] === 0 ? 1 : 0)))
      // Five standard deviations of a share of 400.
      expect(Math.abs(fallen - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / steps))
    }
  })

  it("units, rows, layers and places fall independently of each other", () => {
    const cells = Array.from({ length: rows * units }, (_, i) => i)
    // A tenth of all pairs; the correlation of 400 independent pairs exceeds 0.25 once in a million.
    const pairs = cells.flatMap((i) =>
      cells.filter((j) => j > i && (i + j) % 10 === 0).map((j) => [i, j] as const),
    )
    const same = cells.map((i) => [i, i] as const)
    expect(pairs.length).toBeGreaterThan(600)
    expect(largestCorrelation(drawn, drawn, pairs)).toBeLessThan(0.25)
    expect(largestCorrelation(drawn, standing(["0"], 1), same)).toBeLessThan(0.25)
    expect(largestCorrelation(drawn, standing(["1"], 0), same)).toBeLessThan(0.25)
  })

  it("the same step drops the same units, another step others", () => {
    expect(standing(["0"], 0)).toEqual(drawn)
    expect(drawn[0]).not.toEqual(drawn[1])
  })
})

describe("a network with dropout", () => {
  const options = { size: 4, outputs: 2, hidden: [20, 20], dropout: 0.5 }
  const recipe = made(options)
  const params = recipe.init(makeKey(0))
  const noise = (): tf.Tensor => tf.tensor1d(uniformValues(makeKey(3), 2))

  it("drops in training only, and never changes what depends on what", () => {
    tf.tidy(() => {
      const x = randomNormal(makeKey(1), [6, 4])
      const plain = instantiate(made({ ...options, dropout: 0 }), params)
        .apply(x)
        .dataSync()
      const at = (site?: Parameters<typeof instantiate>[2]) =>
        instantiate(recipe, params, site).apply(x).dataSync()
      expect(at()).toEqual(plain)
      expect(at({ mode: "eval", noise: noise() })).toEqual(plain)
      expect(at({ mode: "train" })).toEqual(plain)
      const dropped = at({ mode: "train", noise: noise() })
      expect(dropped).not.toEqual(plain)
      // The first dimension depends on nothing, dropped or not.
      for (let row = 0; row < 6; row++) expect(dropped[8 * row]).toBe(plain[8 * row])
    })
  })

  it("an ensemble drops in training, too", () => {
    const ensemble = networkEnsemble({ ...options, order: "random", masks: 3 })
    const weights = ensemble.init(makeKey(0))
    tf.tidy(() => {
      const x = randomNormal(makeKey(1), [6, 4])
      const at = (site: Parameters<typeof instantiate>[2]) =>
        instantiate(ensemble, weights, site).current()[0]!.apply(x).dataSync()
      expect(at({ mode: "train", noise: noise() })).not.toEqual(at({ mode: "train" }))
    })
  })

  it("refuses a rate that leaves nothing", () => {
    expect(() => made({ size: 2, outputs: 1, dropout: 1 })).toThrow(
      "expected a dropout from 0 to below 1, got 1",
    )
  })
})
