/**
 * Tables that break density estimators: each trains to a finite, sensible density, or stops with what to do.
 */
import { makeKey, normalValues, uniformValues } from "@pushforward/core"
import { describe, expect, it } from "vitest"
import { fit, type FitRowsOptions, type FitRunEvent, load, type Model } from "../src/index.ts"

const normal = (seed: number, count: number): Float32Array => normalValues(makeKey(seed), count)
const uniform = (seed: number, count: number): Float32Array => uniformValues(makeKey(seed), count)
const rowsFrom = (count: number, row: (i: number) => ReadonlyArray<number>) =>
  Array.from({ length: count }, (_, i) => row(i))

const run = async (
  rows: ReadonlyArray<ReadonlyArray<number>>,
  options: FitRowsOptions = {},
): Promise<{ readonly model: Model; readonly notices: ReadonlyArray<NoticeEvent> }> => {
  const fitting = fit(rows, { epochs: 12, seed: 1, ...options })
  const notices: Array<NoticeEvent> = []
  for await (const event of fitting) if (event._tag === "Notice") notices.push(event)
  const model = await fitting
  const { heldOutLogLikelihood, gaussianLogLikelihood, standardError } = model.record
  expect(Number.isFinite(heldOutLogLikelihood)).toBe(true)
  expect(Number.isFinite(gaussianLogLikelihood)).toBe(true)
  expect(Number.isFinite(standardError)).toBe(true)
  expect(Array.from(await model.logProb(rows)).every(Number.isFinite)).toBe(true)
  return { model, notices }
}
type NoticeEvent = Extract<FitRunEvent, { _tag: "Notice" }>
const about = (notices: ReadonlyArray<NoticeEvent>) => notices.map((notice) => notice.about)

/** A quantile of a column of draws. */
const quantileOf = async (model: Model, column: number, share: number): Promise<number> => {
  const draws = (await model.sample(2000, { seed: 3 })).map((row) => row[column]!)
  return draws.toSorted((a, b) => a - b)[Math.floor(share * draws.length)]!
}

const n = 1500
const [a, b, c] = [normal(1, n), normal(2, n), normal(3, n)]

describe("hostile tables", () => {
  it("two columns that determine each other stop with what to do", async () => {
    await expect(run(rowsFrom(n, (i) => [a[i]!, 3 - 2 * a[i]!, b[i]!]))).rejects.toMatchObject({
      _tag: "DataError",
      reason: "DependentColumn",
      column: "column2",
      message: expect.stringMatching(
        /"column2" is a linear function of column "column1".*Leave this/,
      ),
    })
    await expect(run(rowsFrom(n, (i) => [a[i]!, b[i]!, a[i]! + b[i]!]))).rejects.toThrow(
      '"column3" is a linear function of the columns before it',
    )
  })

  it("two columns that almost do train, and the density knows", async () => {
    const { model } = await run(
      rowsFrom(n, (i) => [a[i]!, a[i]! + 1e-3 * b[i]!]),
      { epochs: 40 },
    )
    // The truth: a unit normal and one of deviation 0.001. Without the second's dependence it would be 2.8 nats.
    expect(model.record.heldOutLogLikelihood).toBeGreaterThan(0)
  })

  it("a constant column stops with what to do", async () => {
    await expect(run(rowsFrom(n, (i) => [a[i]!, 7]))).rejects.toMatchObject({
      reason: "ConstantColumn",
    })
  })

  it("whole numbers only: the noise is told, scores are bounded, draws are whole numbers", async () => {
    const rows = rowsFrom(n, (i) => [Math.round(2 * a[i]!), Math.round(a[i]! + b[i]!)])
    const { model, notices } = await run(rows)
    expect(notices[0]).toMatchObject({ about: "Ties", columns: ["column1", "column2"] })
    // No density of whole numbers with noise exceeds 1; the entropy of these is about 3.5 nats.
    expect(model.record.heldOutLogLikelihood).toBeLessThan(-3.2)
    expect(model.record.heldOutLogLikelihood).toBeGreaterThan(-3.9)
    const draws = await model.sample(200)
    expect(draws.flat().every(Number.isInteger)).toBe(true)
    expect(new Set(draws.map(([x]) => x)).size).toBeGreaterThan(4)
  })

  it("without that noise the spike is seen, and told", async () => {
    const rows = rowsFrom(n, (i) => [a[i]! > 0 ? 1 : 0, b[i]!])
    const { notices } = await run(rows, { breakTies: false, epochs: 60 })
    expect(about(notices)).toEqual(expect.arrayContaining(["Ties", "Spike"]))
    expect(notices.find((notice) => notice.about === "Spike")).toMatchObject({
      columns: ["column1"],
      problem: expect.stringMatching(/grows into a spike along column column1/),
    })
  })

  it("90 % copies: told, and no score beyond what the noise allows", async () => {
    const rows = rowsFrom(n, (i) => [a[i % 150]!, b[i % 150]!])
    const { model, notices } = await run(rows)
    expect(about(notices)).toEqual(["Ties", "Copies"])
    expect(Math.max(...(await model.logProb(rows)))).toBeLessThan(8)
  })

  it("90 % one value: half of the draws are near it", async () => {
    const { model, notices } = await run(
      rowsFrom(n, (i) => [uniform(i, 1)[0]! < 0.9 ? 0 : a[i]!, b[i]!]),
    )
    expect(about(notices)).toContain("Ties")
    const [low, high] = [await quantileOf(model, 0, 0.25), await quantileOf(model, 0, 0.75)]
    expect(high - low).toBeLessThan(0.5)
  })

  it("one outlier of 1e8 leaves the rest as it is", async () => {
    const { model, notices } = await run(rowsFrom(n, (i) => [i === 700 ? 1e8 : a[i]!, b[i]!]))
    expect(notices[0]).toMatchObject({ about: "HeavyTails", columns: ["column1"] })
    expect(notices[0]!.problem).toContain("up to 1.0e+8 spreads")
    expect(Math.abs(await quantileOf(model, 0, 0.5))).toBeLessThan(0.3)
    expect((await quantileOf(model, 0, 0.84)) - (await quantileOf(model, 0, 0.16))).toBeLessThan(4)
    const [usual] = await model.logProb([[0, 0]])
    expect(usual!).toBeGreaterThan(-3)
  })

  it("Cauchy tails: near the true density", async () => {
    const cauchy = (u: number): number => Math.tan(Math.PI * (u - 0.5))
    const [u, v] = [uniform(5, 4000), uniform(6, 4000)]
    const rows = rowsFrom(4000, (i) => [cauchy(u[i]!), cauchy(v[i]!)])
    const { model, notices } = await run(rows, { epochs: 20 })
    expect(about(notices)).toContain("HeavyTails")
    // The entropy of a Cauchy is log 4π, twice that of both; a Gaussian misses it by nats.
    expect(model.record.heldOutLogLikelihood).toBeGreaterThan(-2 * Math.log(4 * Math.PI) - 0.5)
    expect(model.record.heldOutLogLikelihood).toBeGreaterThan(
      model.record.gaussianLogLikelihood + 1,
    )
    const again = await load(model.toFiles())
    expect(await again.logProb(rows.slice(0, 5))).toEqual(await model.logProb(rows.slice(0, 5)))
  })

  it.each([1e-12, 1e12])("values at a scale of %d", async (scale) => {
    const { model } = await run(rowsFrom(n, (i) => [scale * (5 + a[i]!), a[i]! + 0.5 * b[i]!]))
    const truth = -Math.log(2 * Math.PI) - 1 - Math.log(0.5) - Math.log(scale)
    expect(Math.abs(model.record.heldOutLogLikelihood - truth)).toBeLessThan(0.5)
    expect((await quantileOf(model, 0, 0.5)) / scale).toBeCloseTo(5, 0)
  })

  it("one column, of two humps", async () => {
    const { model } = await run(
      rowsFrom(n, (i) => [(i % 2 === 0 ? -3 : 3) + a[i]!]),
      { epochs: 60 },
    )
    expect(model.record.heldOutLogLikelihood).toBeGreaterThan(
      model.record.gaussianLogLikelihood + 0.2,
    )
  })

  it("500 columns of 300 rows: told, and better than nothing known", async () => {
    const values = normal(9, 300 * 500)
    const rows = rowsFrom(300, (i) => Array.from(values.subarray(500 * i, 500 * (i + 1))))
    const { model, notices } = await run(rows, { epochs: 5 })
    expect(about(notices)).toEqual(["FewRows", "Simple"])
    // 1.42 nats a column is the truth.
    expect(model.record.heldOutLogLikelihood / 500).toBeGreaterThan(-2.5)
  })

  it("bounded in [0, 1] with a fifth on each edge", async () => {
    const u = uniform(7, n)
    const clipped = (x: number): number => Math.min(1, Math.max(0, x))
    const { model, notices } = await run(rowsFrom(n, (i) => [clipped((u[i]! - 0.2) / 0.6), c[i]!]))
    expect(about(notices)).toContain("Ties")
    expect(model.record.heldOutLogLikelihood).toBeGreaterThan(model.record.gaussianLogLikelihood)
    expect(await quantileOf(model, 0, 0.05)).toBeGreaterThan(-0.3)
    expect(await quantileOf(model, 0, 0.95)).toBeLessThan(1.3)
  })
})
