import type { Shape } from "@pushforward/core"
import { Effect } from "effect"
import { crc32Of } from "./crc32.ts"
import type { Rows } from "./rows.ts"

/**
 * A table of events that is read chunk by chunk: it may lie in memory, or in a file that is larger than memory.
 *
 * **Details**
 *
 * - `chunkSizes`: how many rows each chunk has; together all rows, `count`
 * - `read(i)`: the rows of chunk `i`, `[chunkSizes[i], ...eventShape]`; the same at every call
 * - `fingerprint`: a text that other tables have not, by which a checkpoint knows its data
 *
 * @category models
 */
export interface RowSource<E = never> {
  readonly count: number
  readonly eventShape: Shape
  readonly chunkSizes: ReadonlyArray<number>
  readonly read: (chunk: number) => Effect.Effect<Rows, E>
  readonly fingerprint: () => string
}

/**
 * Rows in memory as one chunk, without a copy.
 *
 * @category constructors
 */
export const sourceOfRows = (rows: Rows): RowSource => {
  const [count, ...eventShape] = rows.shape as [number, ...Array<number>]
  return {
    count,
    eventShape,
    chunkSizes: [count],
    read: () => Effect.succeed(rows),
    fingerprint: () => `${rows.shape.join("x")} ${crc32Of(rows.values).toString(16)}`,
  }
}

/** Whether rows come in chunks. */
export const isSource = <E>(rows: Rows | RowSource<E>): rows is RowSource<E> => "read" in rows
