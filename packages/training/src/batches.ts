import { foldKey, type RandomKey, randomPermutation, sizeOf } from "@pushforward/core"
import { Effect } from "effect"
import type { RowSource } from "./RowSource.ts"
import type { Rows } from "./rows.ts"

/** The rows of consecutive steps. */
interface StepRows {
  /** `[steps, batch, ...event]` */
  readonly rows: Rows
  /** `[steps, batch, ...context]`, of a source with contexts beside it. */
  readonly context: Rows | undefined
  /** Where each row stands in its table, `[steps * batch]`. */
  readonly indices: Int32Array
}

/**
 * The batches of a run: `take(epoch, first, count)` gives those of `count` steps, the epoch's first step being 0. They stand until
 * the next are taken: an epoch through a large table leaves no copy of it behind.
 */
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

/** A window in memory: the rows of each table, and in which order they come. */
interface Loaded {
  readonly epoch: number
  readonly at: number
  readonly window: Window
  readonly tables: ReadonlyArray<Float32Array>
  readonly order: Int32Array
  /** Where each of the rows stands in its table, of a window that is not the whole of it. */
  readonly indices: Int32Array | undefined
}

/** The rows of a window's chunks one after another, in the memory of `kept` where they fit. */
const readWindow = <E>(
  source: RowSource<E>,
  { chunks, count }: Window,
  kept: Float32Array | undefined,
): Effect.Effect<Float32Array, E> =>
  Effect.gen(function* () {
    if (source.chunkSizes.length === 1) return kept ?? (yield* source.read(0)).values
    const size = count * sizeOf(source.eventShape)
    const values = kept?.length === size ? kept : new Float32Array(size)
    let at = 0
    for (const chunk of chunks) {
      const part = (yield* source.read(chunk)).values
      values.set(part, at)
      at += part.length
    }
    return values
  })

/**
 * Shuffles a source into batches, a fresh order for each epoch. The order is a function of the key, the epoch and the
 * step alone, so a run can go on at any step.
 *
 * **Details**
 *
 * - Chunks come in a random order; those of one window, `windowRows` rows or one chunk, are held in memory at a time and
 *   shuffled together. With one chunk this is a random permutation of all rows
 * - The last batch of an epoch is filled with rows of the last window
 * - `context`: a table beside the source, in chunks of the same sizes, whose rows come along
 */
export const shuffledBatches = <E>(
  source: RowSource<E>,
  key: RandomKey,
  batchSize: number,
  windowRows: number,
  context?: RowSource<E>,
): Batches<E> => {
  const { chunkSizes, count: rows } = source
  const sources = context ? [source, context] : [source]
  const widths = sources.map(({ eventShape }) => sizeOf(eventShape))
  const offsets: Array<number> = []
  for (let i = 0, at = 0; i < chunkSizes.length; at += chunkSizes[i++]!) offsets.push(at)
  let windows: { readonly epoch: number; readonly list: ReadonlyArray<Window> } | undefined
  let loaded: Loaded | undefined

  const placesOf = (chunks: ReadonlyArray<number>, count: number): Int32Array => {
    const places = new Int32Array(count)
    let done = 0
    for (const chunk of chunks) {
      for (let i = 0; i < chunkSizes[chunk]!; i++) places[done++] = offsets[chunk]! + i
    }
    return places
  }

  const roomFor = (steps: number) => ({
    steps,
    rows: widths.map((width) => new Float32Array(steps * batchSize * width)),
    indices: new Int32Array(steps * batchSize),
  })
  let room = roomFor(1)

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
      const indices = chunkSizes.length > 1 ? placesOf(chunks, count) : undefined
      // What was loaded before may go before its successor comes.
      const kept = loaded
      loaded = undefined
      const tables = yield* Effect.forEach(sources, (table, i) =>
        readWindow(table, window, kept?.tables[i]),
      )
      return (loaded = { epoch, at, window, tables, order, indices })
    })

  return {
    stepsPerEpoch: Math.ceil(rows / batchSize),
    take: (epoch, first, count) =>
      Effect.gen(function* () {
        if (count > room.steps) room = roomFor(count)
        const taken = sources.map(({ eventShape }, i): Rows => ({
          shape: [count, batchSize, ...eventShape],
          dtype: "float32",
          values: room.rows[i]!.subarray(0, count * batchSize * widths[i]!),
        })) as [Rows, Rows?]
        const indices = room.indices.subarray(0, count * batchSize)
        const list = windowsIn(epoch)
        let done = 0
        while (done < indices.length) {
          const place = first * batchSize + done
          const next = list.findIndex(({ from, count: size }) => place < from + size)
          const {
            window,
            tables,
            order,
            indices: origin,
          } = yield* load(epoch, next < 0 ? list.length - 1 : next)
          const end = next < 0 ? Infinity : window.from + window.count
          for (let at = place; at < end && done < indices.length; at++, done++) {
            const row = order[(at - window.from) % window.count]!
            indices[done] = origin?.[row] ?? row
            for (let i = 0; i < tables.length; i++) {
              const width = widths[i]!
              const values = tables[i]!.subarray(row * width, (row + 1) * width)
              taken[i]!.values.set(values, done * width)
            }
          }
        }
        return { indices, rows: taken[0], context: taken[1] }
      }),
  }
}
