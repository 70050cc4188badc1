import { mkdtemp, readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onnx } from "@pushforward/backend-onnx"
import { type Backend, makeKey, normalValues, registryLayer } from "@pushforward/core"
import { DataError, fromColumns, type Table, type TableSource, takeRows } from "@pushforward/data"
import { Effect, Layer, Result, Stream } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import {
  fit,
  fitTable,
  type FitTableEvent,
  type FitTableOptions,
  load,
  maf,
  type Model,
  plotModel,
  sampleTable,
  scoreTable,
  standardPlugins,
} from "../src/index.ts"

const n = 3000
const c = Array.from(normalValues(makeKey(1), n), (z) => 50 + 10 * z)
const z = normalValues(makeKey(2), n)
const at = (context: number): number => 300 * Math.sin((context - 50) / 10)
const deviationAt = (context: number): number => 20 + 2 * Math.max(0, context - 40)
/** Bends and widens with the context. */
const y = c.map((context, i) => at(context) + deviationAt(context) * z[i]!)
const table: Table = Result.getOrThrow(fromColumns({ y, c }))

const layers = Layer.mergeAll(onnx, registryLayer(standardPlugins))
const events = (
  data: Table | TableSource,
  options: FitTableOptions,
): Promise<ReadonlyArray<FitTableEvent>> =>
  Effect.runPromise(Effect.provide(Stream.runCollect(fitTable(data, options)), layers))
const modelOf = (told: ReadonlyArray<FitTableEvent>) => {
  const last = told.at(-1)!
  if (last._tag !== "Fitted") throw new Error("not fitted")
  return last.model
}
const quick = { epochs: 2, seed: 1 } as const

describe("fit with a context", () => {
  let model: Model
  beforeAll(async () => {
    model = await fit({ y }, { context: { c }, epochs: 40, seed: 1 })
  })

  it("learns the density of rows given their context, far better than a linear regression", () => {
    expect(model.columns).toEqual(["y"])
    expect(model.contextColumns).toEqual(["c"])
    const entropy = c.reduce(
      (sum, context) => sum + 0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(deviationAt(context)),
      0,
    )
    const { heldOutLogLikelihood, standardError, gaussianLogLikelihood } = model.record
    // The best that any density can have, up to the chance of 300 held-out rows; a tenth of a nat for the fit.
    expect(heldOutLogLikelihood).toBeGreaterThan(-entropy / n - 3 * standardError - 0.1)
    expect(heldOutLogLikelihood).toBeLessThan(-entropy / n + 3 * standardError + 0.1)
    expect(gaussianLogLikelihood).toBeLessThan(heldOutLogLikelihood - 0.3)
  })

  it("scores rows given their context, however they are given", async () => {
    const [rows, context] = [y.slice(0, 50).map((v) => [v]), c.slice(0, 50).map((v) => [v])]
    const scores = await model.logProb(rows, { context })
    expect(await model.logProb({ y: y.slice(0, 50), c: c.slice(0, 50) })).toEqual(scores)
    expect(
      await model.logProb({ values: Float64Array.from(y.slice(0, 50)), columns: 1 }, { context }),
    ).toEqual(scores)
    // Given another context a row is as likely as there.
    const moved = await model.logProb([[at(65)], [at(65)]], { context: [[65], [35]] })
    expect(moved[0]! - moved[1]!).toBeGreaterThan(5)
  })

  it("draws so many rows for each context, the same for the same seed", async () => {
    const draws = await model.sample(2000, { context: [[40], [60]], seed: 4 })
    expect(draws).toHaveLength(4000)
    expect(await model.sample(2000, { context: [[40], [60]], seed: 4 })).toEqual(draws)
    for (const [i, context] of [40, 60].entries()) {
      const own = Float64Array.from(draws.slice(2000 * i, 2000 * (i + 1)), ([v]) => v!).toSorted()
      const [low, median, high] = [own[500]!, own[1000]!, own[1500]!]
      expect(Math.abs(median - at(context))).toBeLessThan(0.5 * deviationAt(context))
      expect(Math.abs(Math.log((high - low) / 1.349 / deviationAt(context)))).toBeLessThan(0.3)
    }
  })

  it("covers new rows about as often as it promises, and rows far out hardly ever", async () => {
    const fresh = Array.from(normalValues(makeKey(7), 1000), (v) => 50 + 10 * v)
    const noise = normalValues(makeKey(8), 1000)
    const rows = fresh.map((context, i) => [at(context) + deviationAt(context) * noise[i]!])
    const context = fresh.map((v) => [v])
    for (const { level, observed } of await model.coverage(rows, { context })) {
      // Three standard errors of 1000 rows are 0.047 at a half; as much for the fit.
      expect(Math.abs(observed - level)).toBeLessThan(0.1)
    }
    // Rows six deviations out lie outside of nearly every region.
    const outside = fresh.map((v) => [at(v) + 6 * deviationAt(v)])
    const [coverage] = (await model.coverage(outside, { context, rows: 50 })).slice(-1)
    expect(coverage).toMatchObject({ level: 0.95 })
    expect(coverage!.observed).toBeLessThan(0.2)
  })

  it("covers rows without a context too", async () => {
    const plain = await fit(
      y.map((v, i) => [v, z[i]!]),
      { epochs: 20, seed: 1 },
    )
    const half = (await plain.coverage(y.map((v, i) => [v, z[i]!]))).find(
      ({ level }) => level === 0.5,
    )
    expect(Math.abs(half!.observed - 0.5)).toBeLessThan(0.1)
  })

  it("says what is missing, or no number", async () => {
    await expect(model.logProb([[1]])).rejects.toMatchObject({
      _tag: "DataError",
      reason: "MissingColumn",
      message:
        'there is no column "c"; expected the columns that the model is conditioned on: c. ' +
        "Give them as context, or as further columns by name.",
    })
    await expect(model.sample(1)).rejects.toThrow("no context is given; expected the columns")
    await expect(model.logProb([[1]], { context: [[NaN]] })).rejects.toThrow(
      'column "c" is not finite in row 0',
    )
    await expect(model.logProb([[1]], { context: [[1], [2]] })).rejects.toThrow(
      "1 row beside 2 rows",
    )
    await expect(fit({ y }, { ...quick, context: [[1]] })).rejects.toMatchObject({
      reason: "Ragged",
    })
    await expect(
      fit({ y }, { ...quick, context: { c: c.map((v, i) => (i === 9 ? NaN : v)) } }),
    ).rejects.toMatchObject({ reason: "NotFinite", rows: [9] })
    await expect(fit({ y }, { ...quick, context: { c }, flow: "affine" })).rejects.toThrow(
      "context: the density transformed(standard-normal, affine) takes none",
    )
  })

  it("saves its context with it, and loads to the same bits", async () => {
    const folder = join(await mkdtemp(join(tmpdir(), "pushforward-context-")), "model")
    await model.save(folder)
    const document = JSON.parse(await readFile(join(folder, "model.json"), "utf8")) as object
    expect(document).toMatchObject({
      columns: ["y"],
      context: { columns: ["c"], standardization: { shift: [expect.closeTo(50, 0)] } },
    })
    const again = await load(folder)
    expect(again.contextColumns).toEqual(["c"])
    expect(await again.logProb({ y, c })).toEqual(await model.logProb({ y, c }))
    expect(await again.sample(2, { context: [[40]] })).toEqual(
      await model.sample(2, { context: [[40]] }),
    )
  })

  it("takes a flow composed in code, and columns without names", async () => {
    const flow = maf({ size: 2, contextSize: 1, layers: 1, hidden: [8] })
    const rows = y.slice(0, 300).map((v, i) => [v, z[i]!])
    const two = await fit(rows, { ...quick, flow, context: c.slice(0, 300).map((v) => [v]) })
    expect(two.columns).toEqual(["column1", "column2"])
    expect(two.contextColumns).toEqual(["context1"])
    expect(await two.sample(3, { context: [[50], [51]] })).toHaveLength(6)
  })
})

describe("fitTable with a context", () => {
  it("scores in the rows' units; the context's do not matter", async () => {
    const scaled = Result.getOrThrow(
      fromColumns({ y: y.map((v) => 1000 * v), c: c.map((v) => 1e-3 * v) }),
    )
    const [one, other] = [table, scaled].map(async (data) =>
      modelOf(await events(data, { ...quick, context: ["c"] })),
    )
    const [a, b] = [(await one!).record, (await other!).record]
    expect(a.heldOutLogLikelihood - b.heldOutLogLikelihood).toBeCloseTo(Math.log(1000), 3)
    expect(a.gaussianLogLikelihood - b.gaussianLogLikelihood).toBeCloseTo(Math.log(1000), 3)
  })

  it("compares with a linear regression", async () => {
    const linear = Result.getOrThrow(
      fromColumns({ c, y: c.map((v, i) => 3 * v + 7 * z[i]!), d: c.map((v) => 2 * v) }),
    )
    // Columns that are conditioned on may depend on each other.
    const { record } = modelOf(await events(linear, { ...quick, context: ["c", "d"] }))
    const truth = -0.5 * Math.log(2 * Math.PI * Math.E) - Math.log(7)
    // 300 held-out rows: the mean of half a chi-square has a standard error of 0.04.
    expect(Math.abs(record.gaussianLogLikelihood - truth)).toBeLessThan(0.15)
  })

  it("compresses the tails of a context, and lets its ties be", async () => {
    const far = c.map((v, i) => (i % 50 === 0 ? 1e6 * (v - 40) : Math.round(v)))
    const told = await events(Result.getOrThrow(fromColumns({ y, far })), {
      ...quick,
      context: ["far"],
    })
    const notices = told.flatMap((event) => (event._tag === "Notice" ? [event] : []))
    expect(notices.map(({ about, columns }) => [about, columns])).toEqual([["HeavyTails", ["far"]]])
    expect(modelOf(told).context?.standardization.tails?.[0]).not.toBeNull()
  })

  it("reads rows and context in chunks, and fits the better model of the same rows", async () => {
    const size = 400
    const source: TableSource = {
      columns: table.columns,
      rows: n,
      chunkSizes: Array.from({ length: Math.ceil(n / size) }, (_, i) =>
        Math.min(size, n - i * size),
      ),
      read: (chunk) =>
        Effect.succeed(
          takeRows(
            table,
            Array.from({ length: Math.min(size, n - chunk * size) }, (_, i) => chunk * size + i),
          ),
        ),
    }
    const options = { epochs: 30, seed: 1, context: ["c"] }
    const [chunked, whole] = [
      modelOf(await events(source, options)).record,
      modelOf(await events(table, options)).record,
    ]
    expect(Math.abs(chunked.heldOutLogLikelihood - whole.heldOutLogLikelihood)).toBeLessThan(0.3)
    expect(chunked.heldOutLogLikelihood).toBeGreaterThan(chunked.gaussianLogLikelihood + 0.3)
  })

  it("refuses columns that are not there, and a context of all of them", async () => {
    await expect(events(table, { ...quick, context: ["d"] })).rejects.toThrow(
      'there is no column "d"',
    )
    await expect(events(table, { ...quick, context: ["c", "y"] })).rejects.toThrow(
      "every column is one to condition on; expected 1 column or more",
    )
  })

  it("refuses a column that its context determines", async () => {
    const determined = Result.getOrThrow(fromColumns({ c, y: c.map((v) => 2 * v + 1) }))
    await expect(events(determined, { ...quick, context: ["c"] })).rejects.toMatchObject({
      reason: "DependentColumn",
      column: "y",
    })
  })

  it("is drawn as pairs of data and draws in the same contexts", async () => {
    const model = modelOf(await events(table, { ...quick, context: ["c"] }))
    const run = <A>(effect: Effect.Effect<A, unknown, Backend>) =>
      Effect.runPromise(Effect.provide(effect, layers))
    const svg = await run(plotModel(model, table))
    expect(svg).toContain("Density of y given c")
    await expect(run(plotModel(model))).rejects.toBeInstanceOf(DataError)
    const few = takeRows(table, [0, 1, 2])
    const draws = await run(sampleTable(model, 2, makeKey(0), few))
    expect(draws).toMatchObject({ columns: ["y"], rows: 6 })
    expect(await run(scoreTable(model, few))).toHaveLength(3)
  })
})
