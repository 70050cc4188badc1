import type { Effect } from "effect"
import type { DataError } from "./DataError.ts"
import type { Table } from "./Table.ts"

/**
 * A table that is read chunk by chunk, because it may be larger than memory.
 *
 * **Details**
 *
 * - `chunkSizes`: how many rows each chunk has; together all `rows`
 * - `read(i)`: chunk `i`, with all columns; the same at every call
 *
 * @category models
 * @since 0.1.0
 */
export interface TableSource {
  readonly columns: ReadonlyArray<string>
  readonly rows: number
  readonly chunkSizes: ReadonlyArray<number>
  readonly read: (chunk: number) => Effect.Effect<Table, DataError>
}
