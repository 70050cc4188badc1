import { makeKey } from "@pushforward/core"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { shuffledBatches } from "../src/batches.ts"
import { type RowSource, sourceOfRows } from "../src/index.ts"

const rowsFrom = (first: number, n: number) =>
  ({
    shape: [n, 2],
    dtype: "float32",
    values: Float32Array.from({ length: 2 * n }, (_, i) => 10 * (first + (i >> 1)) + (i % 2)),
  }) as const

/** Rows `i` are `(10 i, 10 i + 1)`, in chunks. */
const inChunks = (sizes: ReadonlyArray<number>) => {
  const reads: Array<number> = []
  const source: RowSource = {
    count: sizes.reduce((a, b) => a + b, 0),
    eventShape: [2],
    chunkSizes: sizes,
    read: (chunk) =>
      Effect.sync(() => {
        reads.push(chunk)
        return rowsFrom(
          sizes.slice(0, chunk).reduce((a, b) => a + b, 0),
          sizes[chunk]!,
        )
      }),
    fingerprint: () => "chunks",
  }
  return { source, reads }
}

describe.each([
  ["in memory", sourceOfRows(rowsFrom(0, 103))],
  ["in chunks", inChunks([20, 20, 20, 20, 20, 3]).source],
])("batches of rows %s", (_name, source) => {
  const batches = () => shuffledBatches(source, makeKey(1), 10, 45)
  const take = (epoch: number, first: number, count: number) =>
    Effect.runSync(batches().take(epoch, first, count))

  it("show every row once an epoch, and fill the last batch", () => {
    expect(batches().stepsPerEpoch).toBe(11)
    const { indices, rows } = take(1, 0, 11)
    expect(rows.shape).toEqual([11, 10, 2])
    expect(Array.from(indices.subarray(0, 103)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 103 }, (_, i) => i),
    )
    indices.forEach((row, i) =>
      expect(Array.from(rows.values.subarray(2 * i, 2 * i + 2))).toEqual([10 * row, 10 * row + 1]),
    )
  })

  it("come in another order in another epoch, and from another key", () => {
    expect(take(2, 0, 11).indices).not.toEqual(take(1, 0, 11).indices)
    const other = Effect.runSync(shuffledBatches(source, makeKey(2), 10, 45).take(1, 0, 11))
    expect(other.indices).not.toEqual(take(1, 0, 11).indices)
  })

  it("are the same from whichever step one begins, and in whatever portions", () => {
    const all = take(3, 0, 11)
    const going = batches()
    for (const [first, count] of [
      [7, 2],
      [0, 1],
      [1, 5],
      [6, 5],
    ] as const) {
      const part = Effect.runSync(going.take(3, first, count))
      expect(part.indices).toEqual(all.indices.subarray(10 * first, 10 * (first + count)))
      expect(part.rows.values).toEqual(all.rows.values.subarray(20 * first, 20 * (first + count)))
    }
  })
})

describe("chunks", () => {
  it("are read once an epoch, and shuffled with their neighbours", () => {
    const { source, reads } = inChunks(Array.from({ length: 10 }, () => 10))
    const batches = shuffledBatches(source, makeKey(0), 10, 20)
    const { indices } = Effect.runSync(batches.take(1, 0, 10))
    expect(reads.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(reads).not.toEqual(reads.toSorted((a, b) => a - b))
    // Each window of two chunks is a mixture of both.
    const chunksOf = new Set(Array.from(indices.subarray(0, 10), (row) => Math.floor(row / 10)))
    expect(chunksOf.size).toBe(2)
  })
})
