import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { checkIndependent, copiedShare, fromColumns, profileColumns } from "../src/index.ts"

const tableOf = (columns: Readonly<Record<string, ReadonlyArray<number>>>) =>
  Result.getOrThrow(fromColumns(columns))
const profile = (values: ReadonlyArray<number>) => profileColumns(tableOf({ x: values }))[0]!
const times = <A>(n: number, f: (i: number) => A): ReadonlyArray<A> =>
  Array.from({ length: n }, (_, i) => f(i))

describe("profileColumns", () => {
  it("gives deviation, median and spread of a straight line", () => {
    const { deviation, median, spread, reach, tiedShare } = profile(times(1001, (i) => i / 1000))
    expect(deviation).toBeCloseTo(Math.sqrt((1001 ** 2 - 1) / 12) / 1000, 12)
    expect(median).toBe(0.5)
    expect(spread).toBeCloseTo(0.5 / 1.349, 12)
    expect(reach).toBeCloseTo(1.349, 12)
    expect(tiedShare).toBe(0)
  })

  it.each([
    ["whole numbers", [3, 1, 2, 2, 7], 1],
    ["even numbers far from zero", [1_000_002, 1_000_004, 1_000_004, 1_000_010], 2],
    ["tenths, as sums round them", [0.1 + 0.2, 0.3, 0.4, 0.7, 1.1], 0.1],
    ["twenty-fifths at a small scale", [0, 4e-12, 8e-12, 8e-12, 20e-12], 4e-12],
  ])("finds the lattice of %s", (_, values, step) => {
    const { lattice, spacing } = profile(values)
    expect(lattice).toBe(true)
    expect(spacing).toBe(step)
  })

  it("takes the median distance where there is no lattice", () => {
    const { lattice, spacing } = profile([0, 0, 1, 1, 2.5, Math.PI, 100])
    expect(lattice).toBe(false)
    expect(spacing).toBeCloseTo(1.5, 12)
  })

  it("counts ties and the commonest value", () => {
    const { tiedShare, commonest } = profile([5, 5, 5, 1, 1, 2, 3, 4])
    expect(tiedShare).toBe(5 / 8)
    expect(commonest).toEqual({ value: 5, share: 3 / 8 })
  })

  it("has a spread where most values are one, and sees how far an outlier is", () => {
    expect(profile([...times(80, () => 0), ...times(20, (i) => i - 10)]).spread).toBeGreaterThan(0)
    expect(profile([...times(99, () => 0), 50]).spread).toBeGreaterThan(0)
    expect(profile([...times(1000, (i) => Math.sin(i)), 1e8]).reach).toBeGreaterThan(1e7)
  })
})

describe("copiedShare", () => {
  it("counts rows that came before", () => {
    const table = tableOf({ x: [1, 1, 2, 1], y: [0, 0, 0, 0.5] })
    expect(copiedShare(table)).toBe(0.25)
  })
})

describe("checkIndependent", () => {
  const [x, y] = [times(300, (i) => Math.sin(i * i)), times(300, (i) => Math.cos(3 * i))]
  const dependent = (columns: Readonly<Record<string, ReadonlyArray<number>>>) =>
    Result.getOrThrow(Result.flip(checkIndependent(tableOf(columns))))

  it("names the column that another determines, at any scale and far from zero", () => {
    expect(dependent({ x, y, z: x.map((v) => 1e3 + 1e-6 * v) })).toMatchObject({
      reason: "DependentColumn",
      column: "z",
      problem: expect.stringContaining('column "x"'),
    })
    expect(dependent({ x, y, z: x.map((v, i) => 3 * v - y[i]!) }).message).toContain(
      '"z" is a linear function of the columns before it',
    )
  })

  it("passes what only nearly depends, what noise will set free, and few rows", () => {
    const nearly = x.map((v, i) => v + 1e-3 * y[i]!)
    expect(Result.isSuccess(checkIndependent(tableOf({ x, nearly })))).toBe(true)
    const copy = tableOf({ x, copy: x })
    expect(Result.isSuccess(checkIndependent(copy))).toBe(false)
    expect(Result.isSuccess(checkIndependent(copy, [0, 1e-4]))).toBe(true)
    expect(Result.isSuccess(checkIndependent(tableOf({ x: [1, 2, 3], z: [2, 4, 6] })))).toBe(true)
  })
})
