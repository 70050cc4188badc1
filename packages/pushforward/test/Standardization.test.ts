import { makeKey } from "@pushforward/core"
import { fromColumns } from "@pushforward/data"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import {
  breakTies,
  logDetsOf,
  type Standardization,
  standardizationOf,
  standardize,
  tieBreaker,
  unstandardize,
} from "../src/Standardization.ts"

const values = Array.from({ length: 200 }, (_, i) => 10 + 3 * Math.tan(1.5 * Math.sin(i)))
const table = Result.getOrThrow(
  fromColumns({ x: values, k: values.map((_, i) => 2 * (i % 5) + 1), y: values.map(Math.cos) }),
)
const standardization: Standardization = standardizationOf(table, {
  tails: [{ center: 10, width: 2 }, null, null],
  ties: [null, { noise: 2, lattice: { origin: 1, step: 2 } }, null],
})

describe("Standardization", () => {
  it("leads there and back, with columns of mean 0 and deviation 1 between", () => {
    const rows = standardize(standardization, table)
    for (let j = 0; j < 3; j++) {
      const column = rows.values.filter((_, i) => i % 3 === j)
      const mean = column.reduce((sum, z) => sum + z, 0) / column.length
      expect(mean).toBeCloseTo(0, 5)
      expect(column.reduce((sum, z) => sum + z * z, 0) / column.length).toBeCloseTo(1, 4)
    }
    unstandardize(standardization, rows).forEach((x, i) =>
      expect(Math.abs(x / table.values[i]! - 1)).toBeLessThan(1e-5),
    )
  })

  it("its log-determinants are those of differences", () => {
    const step = 1e-5
    const logDets = logDetsOf(standardization, table)
    const { shift, scale } = standardization
    const z = (x: number): number => (Math.asinh((x - 10) / 2) - shift[0]!) / scale[0]!
    logDets.forEach((logDet, i) => {
      const x = table.values[3 * i]!
      const slope = (z(x + step) - z(x - step)) / (2 * step)
      expect(logDet).toBeCloseTo(Math.log(slope) - Math.log(scale[1]!) - Math.log(scale[2]!), 6)
    })
  })

  it("breaks ties within half a step, evenly, by the key, and only where there are some", () => {
    const broken = breakTies(standardization, table, makeKey(1))
    const off = Array.from(broken.values, (x, i) => x - table.values[i]!)
    const noise = off.filter((_, i) => i % 3 === 1)
    expect(off.filter((_, i) => i % 3 !== 1).every((d) => d === 0)).toBe(true)
    expect(Math.max(...noise)).toBeLessThan(1)
    expect(Math.min(...noise)).toBeGreaterThan(-1)
    // 200 uniform draws of deviation 0.58: the mean is within 0.2, five standard errors.
    expect(Math.abs(noise.reduce((a, b) => a + b, 0) / 200)).toBeLessThan(0.2)
    expect(new Set(noise).size).toBeGreaterThan(190)
    expect(breakTies(standardization, table, makeKey(1)).values).toEqual(broken.values)
    expect(breakTies(standardization, table, makeKey(2)).values).not.toEqual(broken.values)
    // Draws land where they came from.
    expect(unstandardize(standardization, standardize(standardization, broken))[1]).toBe(
      table.values[1],
    )
  })

  it("draws of decimals print as decimals", () => {
    const tenths = standardizationOf(
      Result.getOrThrow(fromColumns({ x: [7.3, 8.2, 8.2, 9.1], y: [0, 1, 2, 4] })),
      { ties: [{ noise: 0.1, lattice: { origin: 8.2, step: 0.1 } }, null] },
    )
    const units = Float32Array.from({ length: 40 }, (_, i) => (i % 2 ? 0 : i / 10 - 2))
    const draws = unstandardize(tenths, { shape: [20, 2], dtype: "float32", values: units })
    const drawn = draws.filter((_, i) => i % 2 === 0)
    expect(new Set(drawn).size).toBeGreaterThan(15)
    for (const x of drawn) expect(String(x)).toMatch(/^\d+(\.\d)?$/u)
  })

  it("breaks ties of batches in the flow's units alike, through compressed tails too", () => {
    const both: Standardization = standardizationOf(table, {
      tails: [null, { center: 5, width: 1 }, null],
      ties: [null, { noise: 2, lattice: null }, null],
    })
    for (const one of [standardization, both]) {
      const rows = standardize(one, table)
      const direct = standardize(one, breakTies(one, table, makeKey(3)))
      tieBreaker(one)!(rows, makeKey(3)).values.forEach((z, i) =>
        expect(z).toBeCloseTo(direct.values[i]!, 4),
      )
    }
    expect(tieBreaker(standardizationOf(table))).toBeUndefined()
  })

  const whitening = [[2], [-0.5, 1.25], [0.25, 0.75, 0.5]]
  const whitened = { ...standardization, whitening }

  it("whitens last: there and back, and log-determinants with the whitening's", () => {
    const rows = standardize(whitened, table)
    unstandardize(whitened, rows).forEach((x, i) =>
      expect(Math.abs(x / table.values[i]! - 1)).toBeLessThan(1e-5),
    )
    const [u, z] = [standardize(standardization, table).values, rows.values]
    for (let i = 0; i < u.length; i += 3) {
      expect(z[i + 1]).toBeCloseTo(-0.5 * u[i]! + 1.25 * u[i + 1]!, 5)
    }
    const before = logDetsOf(standardization, table)
    logDetsOf(whitened, table).forEach((logDet, i) =>
      expect(logDet - before[i]!).toBeCloseTo(Math.log(2 * 1.25 * 0.5), 10),
    )
  })

  it("breaks ties of whitened batches alike, through compressed tails too", () => {
    const tailed: Standardization = {
      ...standardizationOf(table, {
        tails: [null, { center: 5, width: 1 }, null],
        ties: [null, { noise: 2, lattice: null }, null],
      }),
      whitening,
    }
    for (const one of [whitened, tailed]) {
      const rows = standardize(one, table)
      const direct = standardize(one, breakTies(one, table, makeKey(3)))
      tieBreaker(one)!(rows, makeKey(3)).values.forEach((z, i) =>
        expect(z).toBeCloseTo(direct.values[i]!, 4),
      )
    }
  })
})
