import { onnx } from "@pushforward/backend-onnx"
import { makeKey, normalValues, registryLayer } from "@pushforward/core"
import { DataError, takeRows, type Table, type TableSource } from "@pushforward/data"
import type { CheckpointStore } from "@pushforward/training"
import { Effect, Stream } from "effect"
import { describe, expect, it } from "vitest"
import {
  fitTable,
  type FitTableEvent,
  type FitTableOptions,
  type FittedModel,
  standardPlugins,
} from "../src/index.ts"

const rows = 20_000
const z = normalValues(makeKey(1), 2 * rows)
/** In the order of the first column, as files often are. */
const table: Table = (() => {
  const firsts = z.subarray(0, rows).toSorted()
  const values = Float64Array.from({ length: 2 * rows }, (_, i) =>
    i % 2 === 0 ? firsts[i >> 1]! : firsts[i >> 1]! ** 2 + 0.5 * z[rows + (i >> 1)]!,
  )
  return { columns: ["x", "y"], rows, values }
})()

const chunkRows = 1500
const sourceOf = (from: Table) => {
  const reads: Array<number> = []
  const chunkSizes = Array.from({ length: Math.ceil(rows / chunkRows) }, (_, i) =>
    Math.min(chunkRows, rows - i * chunkRows),
  )
  const source: TableSource = {
    columns: from.columns,
    rows,
    chunkSizes,
    read: (chunk) =>
      Effect.sync(() => {
        reads.push(chunk)
        const indices = Array.from({ length: chunkSizes[chunk]! }, (_, i) => chunk * chunkRows + i)
        return takeRows(from, indices)
      }),
  }
  return { source, reads }
}

const run = async (
  data: Table | TableSource,
  options: FitTableOptions = {},
  until: (event: FitTableEvent) => boolean = () => false,
): Promise<FittedModel | undefined> => {
  const events = await Effect.runPromise(
    Effect.provide(
      Stream.runCollect(
        Stream.takeUntil(fitTable(data, { epochs: 3, seed: 2, batchSize: 256, ...options }), until),
      ),
      [onnx, registryLayer(standardPlugins)],
    ),
  )
  const last = events.at(-1)!
  return last._tag === "Fitted" ? last.model : undefined
}

describe("a table that is read in chunks", () => {
  it("trains as well as in memory, and is read once before and once an epoch", async () => {
    const { source, reads } = sourceOf(table)
    const [chunked, whole] = [await run(source), await run(table)]
    const truth = -Math.log(2 * Math.PI) - 1 - Math.log(0.5)
    for (const model of [chunked!, whole!]) {
      expect(model.record.rows).toBe(rows)
      expect(Math.abs(model.record.heldOutLogLikelihood - truth)).toBeLessThan(0.25)
    }
    // Once to look at it, once more for the first rows, and three epochs.
    expect(reads.length).toBe(4 * source.chunkSizes.length + 1)
  })

  it("stops and goes on with the same bits", async () => {
    const { source } = sourceOf(table)
    let written: Uint8Array | undefined
    const checkpoints: CheckpointStore = {
      everySeconds: 0,
      read: Effect.sync(() => (written ? [{ name: "memory", bytes: written }] : [])),
      write: (bytes) => Effect.sync(() => void (written = bytes)),
    }
    await run(source, { checkpoints }, (event) => event._tag === "EpochDone" && event.epoch === 2)
    expect(written).toBeDefined()
    const [rest, whole] = [await run(source, { checkpoints }), await run(source)]
    expect(rest!.params).toEqual(whole!.params)
  })

  it("names the row of the file that is no number, wherever it lies", async () => {
    const values = table.values.slice()
    values[2 * 17_123 + 1] = NaN
    const { source } = sourceOf({ ...table, values })
    const failed = await run(source).catch((error: unknown) => error as Error)
    expect((failed as Error).message).toContain('column "y" is NaN in row 17123')
  })

  it("fails as its reading does", async () => {
    const { source } = sourceOf(table)
    const error = new DataError({
      reason: "Unreadable",
      problem: "gone",
      expected: "a file",
      hint: "Copy it again.",
    })
    let reads = 0
    const read: TableSource["read"] = (chunk) =>
      reads++ > 20 ? Effect.fail(error) : source.read(chunk)
    await expect(run({ ...source, read })).rejects.toThrow("gone")
  })
})
