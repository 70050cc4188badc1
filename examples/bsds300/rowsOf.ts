import { type DataError, openNpy } from "@pushforward/data"
import type { Rows } from "@pushforward/training"
import { Effect, type FileSystem } from "effect"

/** A matrix of a `.npy` file in memory, as float32: 252 MB for a million patches. */
export const rowsOf = (path: string): Effect.Effect<Rows, DataError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const source = yield* openNpy(path)
    const width = source.columns.length
    const values = new Float32Array(source.rows * width)
    let at = 0
    for (const chunk of source.chunkSizes.keys()) {
      values.set((yield* source.read(chunk)).values, at)
      at += source.chunkSizes[chunk]! * width
    }
    return { shape: [source.rows, width], dtype: "float32", values }
  })
