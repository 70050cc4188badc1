import { Effect, FileSystem } from "effect"
import { DataError } from "./DataError.ts"
import { formatCsv } from "./formatCsv.ts"
import { gzip } from "./internal/bytes.ts"
import type { Table } from "./Table.ts"

/**
 * Writes a table to a CSV file, gzipped when the name ends in `.gz`.
 *
 * **Details**
 *
 * The text of `formatCsv` goes to a new file in the same folder, which then takes the name `path`: a reader sees
 * the old file or the whole new one, never a part, and a failed write leaves nothing behind.
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
    const files = yield* FileSystem.FileSystem
    const plain = new TextEncoder().encode(formatCsv(table))
    const bytes = path.endsWith(".gz") ? yield* Effect.promise(() => gzip(plain)) : plain
    const temporary = `${path}.${crypto.randomUUID()}.tmp`
    yield* files.writeFile(temporary, bytes).pipe(
      Effect.andThen(files.rename(temporary, path)),
      Effect.onError(() => Effect.ignore(files.remove(temporary, { force: true }))),
      Effect.mapError(
        ({ reason }) =>
          new DataError({
            reason: "Unwritable",
            problem: `the file cannot be written (${reason._tag})`,
            expected: "a folder that exists and may be written to",
            hint: reason._tag === "NotFound" ? "Make the folder first." : "Choose another path.",
            path,
          }),
      ),
    )
  },
)
