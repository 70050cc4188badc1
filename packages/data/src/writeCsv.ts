import { Effect, type FileSystem } from "effect"
import type { DataError } from "./DataError.ts"
import { formatCsv } from "./formatCsv.ts"
import { gzip } from "./internal/bytes.ts"
import type { Table } from "./Table.ts"
import { writeBytes } from "./writeBytes.ts"

/**
 * Writes a table to a CSV file, gzipped when the name ends in `.gz`.
 *
 * **Details**
 *
 * The text of `formatCsv`, written as a whole or not at all: see {@link writeBytes}.
 *
 * - Fails: `DataError` with reason `Unwritable`
 * - Needs: `FileSystem` of `effect`
 *
 * **Example** (Saving samples)
 *
 * ```ts
 * import * as NodeServices from "@effect/platform-node/NodeServices"
 * import { fromRows, writeCsv } from "@pushforward/data"
 * import { Effect } from "effect"
 *
 * await Effect.fromResult(fromRows([[1, 2]], ["x", "y"])).pipe(
 *   Effect.flatMap((table) => writeCsv("samples.csv", table)),
 *   Effect.provide(NodeServices.layer),
 *   Effect.runPromise
 * )
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const writeCsv: (
  path: string,
  table: Table,
) => Effect.Effect<void, DataError, FileSystem.FileSystem> = /* @__PURE__ */ Effect.fn("writeCsv")(
  function* (path, table) {
    const plain = new TextEncoder().encode(formatCsv(table))
    yield* writeBytes(path, path.endsWith(".gz") ? yield* Effect.promise(() => gzip(plain)) : plain)
  },
)
