import { makeKey, normalValues, uniformValues } from "@pushforward/core"
import { describe, expect, it } from "vitest"
import { shapeGain } from "../src/shapeGain.ts"
import { unwhiten, whiten, whiteningLogDet, whiteningOf } from "../src/whitening.ts"

const rowsOf = (rows: ReadonlyArray<ReadonlyArray<number>>) =>
  ({
    shape: [rows.length, rows[0]!.length],
    dtype: "float32",
    values: Float32Array.from(rows.flat()),
  }) as const

const normal = (seed: number, count: number): Float32Array => normalValues(makeKey(seed), count)

/** Pairs with this correlation, and a third column alone. */
const correlated = (seed: number, count: number, rho: number) => {
  const [a, b, c] = [normal(seed, count), normal(seed + 1, count), normal(seed + 2, count)]
  return rowsOf(Array.from(a, (x, i) => [x, rho * x + Math.sqrt(1 - rho ** 2) * b[i]!, c[i]!]))
}

describe("whitening", () => {
  it("takes away what columns share, and is worth what their mutual information says", () => {
    const train = correlated(1, 4000, 0.95)
    const { whitening, gain } = whiteningOf(train, correlated(11, 4000, 0.95))!
    const white = Array.from({ length: 4000 }, (_, i) =>
      whiten(whitening, train.values.subarray(3 * i, 3 * i + 3)),
    )
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j <= i; j++) {
        const mean = (k: number) => white.reduce((sum, z) => sum + z[k]!, 0) / 4000
        const product = white.reduce((sum, z) => sum + z[i]! * z[j]!, 0) / 4000
        expect(product - mean(i) * mean(j)).toBeCloseTo(i === j ? 1 : 0, 1)
      }
    }
    // −½ log(1 − ρ²), within five standard errors of a mean over 4,000 rows.
    expect(Math.abs(gain + Math.log(1 - 0.95 ** 2) / 2)).toBeLessThan(0.08)
  })

  it("leads there and back, and its determinant is that of its diagonal", () => {
    const whitening = [[2], [-1, 0.5], [3, 0.25, 4]]
    const u = [0.5, -1.5, 2]
    expect(whiten(whitening, u)).toEqual([1, -1.25, 9.125])
    unwhiten(whitening, whiten(whitening, u)).forEach((value, i) =>
      expect(value).toBeCloseTo(u[i]!, 12),
    )
    expect(whiteningLogDet(whitening)).toBeCloseTo(Math.log(4), 12)
  })

  it("shrinks where rows are few, and leaves columns that share nothing", () => {
    // 30 columns of 25 rows: without shrinkage there is no inverse.
    const noise = (seed: number, rows: number) => {
      const values = normal(seed, 30 * rows)
      return rowsOf(
        Array.from({ length: rows }, (_, i) => Array.from(values.subarray(30 * i, 30 * i + 30))),
      )
    }
    expect(whiteningOf(noise(1, 25), noise(2, 100))).toBeUndefined()
    const { whitening } = whiteningOf(correlated(1, 12, 0.999), correlated(11, 200, 0.999))!
    expect(whitening.flat().every(Number.isFinite)).toBe(true)
  })
})

describe("shapeGain", () => {
  it("of uniform columns is log √(2πe)/√12 each; of normal ones nothing", () => {
    const uniform = (seed: number) =>
      rowsOf(
        Array.from({ length: 20_000 }, (_, i) =>
          Array.from(uniformValues(makeKey(seed + i), 2), (u) => Math.sqrt(12) * (u - 0.5)),
        ),
      )
    const each = Math.log(Math.sqrt((2 * Math.PI * Math.E) / 12))
    expect(Math.abs(shapeGain(uniform(0), uniform(20_000)) - 2 * each)).toBeLessThan(0.04)
    const columns = (seed: number) => rowsOf(Array.from(normal(seed, 20_000), (x) => [x]))
    expect(Math.abs(shapeGain(columns(1), columns(2)))).toBeLessThan(0.03)
  })

  it("stays finite for values outside the training rows, and where many are one", () => {
    const train = rowsOf([[0], [0], [0], [0], [1], [100]])
    expect(shapeGain(train, rowsOf([[150], [-150]]))).toBeGreaterThan(Math.log(0.05) - 1e-6)
    expect(Number.isFinite(shapeGain(train, rowsOf([[0], [99], [1]])))).toBe(true)
  })
})
