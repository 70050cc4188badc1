import { foldKey, type RandomKey, randomPermutation, sizeOf } from "@pushforward/core"
import { Effect } from "effect"
import type { RowSource } from "./RowSource.ts"
import type { Rows } from "./rows.ts"

/** The rows of consecutive steps. */
interface StepRows {
  /** `[steps, batch, ...event]` */
  readonly rows: Rows
  /** Where each row stands in its table, `[steps * batch]`. */
  readonly indices: Int32Array
}

/** The batches of a run: `take(epoch, first, count)` gives those of `count` steps, the epoch's first step being 0. */
export interface Batches<E> {
  readonly stepsPerEpoch: number
  readonly take: (epoch: number, first: number, count: number) => Effect.Effect<StepRows, E>
}

/** Chunks whose rows are shuffled together, as they lie one after another in an epoch. */
interface Window {
  readonly chunks: ReadonlyArray<number>
  /** The first of its places in the epoch, and how many there are. */
  readonly from: number
  readonly count: number
}

/** Chunks in a fresh order, put together to windows of at least `windowRows` rows where there are as many. */
const windowsOf = (
  key: RandomKey,
  sizes: ReadonlyArray<number>,
  windowRows: number,
): ReadonlyArray<Window> => {
  const windows: Array<Window> = []
  let chunks: Array<number> = []
  let [from, count] = [0, 0]
  for (const chunk of randomPermutation(foldKey(key, "chunks"), sizes.length)) {
    chunks.push(chunk)
    count += sizes[chunk]!
    if (count < windowRows) continue
    windows.push({ chunks, from, count })
    from += count
    chunks = []
    count = 0
  }
  return count === 0 ? windows : [...windows, { chunks, from, count }]
}

/** A window in memory: its rows, and in which order they come. */
interface Loaded {
  readonly epoch: number
  readonly at: number
  readonly window: Window
  readonly values: Float32Array
  readonly order: Int32Array
  /** Where each row of `values` stands in the table. */
  readonly indices: Int32Array
}

/**
 * Shuffles a source into batches, a fresh order for each epoch. The order is a function of the key, the epoch and the
 * step alone, so a run can go on at any step.
 *
 * **Details**
 *
 * - Chunks come in a random order; those of one window, `windowRows` rows or one chunk, are held in memory at a time and
 *   shuffled together. With one chunk this is a random permutation of all rows
 * - The last batch of an epoch is filled with rows of the last window
 */
export const shuffledBatches = <E>(
  source: RowSource<E>,
  key: RandomKey,
  batchSize: number,
  windowRows: number,
): Batches<E> => {
  const { chunkSizes, eventShape, count: rows } = source
  const width = sizeOf(eventShape)
  const offsets: Array<number> = []
  for (let i = 0, at = 0; i < chunkSizes.length; at += chunkSizes[i++]!) offsets.push(at)
  let windows: { readonly epoch: number; readonly list: ReadonlyArray<Window> } | undefined
  let loaded: Loaded | undefined

  const windowsIn = (epoch: number): ReadonlyArray<Window> => {
    if (windows?.epoch !== epoch) {
      windows = { epoch, list: windowsOf(foldKey(key, epoch), chunkSizes, windowRows) }
    }
    return windows.list
  }

  const load = (epoch: number, at: number): Effect.Effect<Loaded, E> =>
    Effect.gen(function* () {
      if (loaded?.epoch === epoch && loaded.at === at) return loaded
      const window = windowsIn(epoch)[at]!
      const { chunks, count } = window
      const order = randomPermutation(foldKey(foldKey(key, epoch), at), count)
      const indices = new Int32Array(count)
      // What was loaded before may go before its successor comes.
      const kept = loaded
      loaded = undefined
      let values: Float32Array
      if (chunkSizes.length === 1) {
        values = kept?.values ?? (yield* source.read(0)).values
        indices.forEach((_, i) => (indices[i] = i))
      } else {
        values =
          kept?.values.length === count * width ? kept.values : new Float32Array(count * width)
        let done = 0
        for (const chunk of chunks) {
          values.set((yield* source.read(chunk)).values, done * width)
          for (let i = 0; i < chunkSizes[chunk]!; i++) indices[done + i] = offsets[chunk]! + i
          done += chunkSizes[chunk]!
        }
      }
      return (loaded = { epoch, at, window, values, order, indices })
    })

  return {
    stepsPerEpoch: Math.ceil(rows / batchSize),
    take: (epoch, first, count) =>
      Effect.gen(function* () {
        const taken = new Float32Array(count * batchSize * width)
        const indices = new Int32Array(count * batchSize)
        const list = windowsIn(epoch)
        let done = 0
        while (done < indices.length) {
          const place = first * batchSize + done
          const next = list.findIndex(({ from, count: size }) => place < from + size)
          const {
            window,
            values,
            order,
            indices: origin,
          } = yield* load(epoch, next < 0 ? list.length - 1 : next)
          const end = next < 0 ? Infinity : window.from + window.count
          for (let at = place; at < end && done < indices.length; at++, done++) {
            const row = order[(at - window.from) % window.count]!
            indices[done] = origin[row]!
            taken.set(values.subarray(row * width, (row + 1) * width), done * width)
          }
        }
        return {
          indices,
          rows: { shape: [count, batchSize, ...eventShape], dtype: "float32", values: taken },
        }
      }),
  }
}
