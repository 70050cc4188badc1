import { Effect, FileSystem } from "effect"
import { DataError } from "./DataError.ts"
import { decodeText, gunzip, isGzip } from "./internal/bytes.ts"
import { unreadable } from "./internal/unreadable.ts"
import { parseCsv, type ParsedTable, type ParseOptions } from "./parseCsv.ts"

/**
 * Reads a table of numbers from a CSV file (comma, semicolon or tab; plain or gzipped).
 *
 * **Details**
 *
 * Everything `parseCsv` says holds here; every error names the file.
 *
 * - Fails: `DataError` with reason `MissingFile`, `Unreadable` (no permission, damaged gzip, not UTF-8), or any
 *   of `parseCsv`
 * - Needs: `FileSystem` of `effect`, which `NodeServices.layer` of `@effect/platform-node` provides
 *
 * **Example** (Two columns of a file)
 *
 * ```ts
 * import * as NodeServices from "@effect/platform-node/NodeServices"
 * import { readTable } from "@pushforward/data"
 * import { Effect } from "effect"
 *
 * const table = await readTable("examples/data/calgary-incidents.csv", { columns: ["lon", "lat"] }).pipe(
 *   Effect.provide(NodeServices.layer),
 *   Effect.runPromise,
 * )
 * table.rows // => 62347
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const readTable: (
  path: string,
  options?: Omit<ParseOptions, "path">,
) => Effect.Effect<ParsedTable, DataError, FileSystem.FileSystem> = /* @__PURE__ */ Effect.fn(
  "readTable",
)(function* (path, options = {}) {
  const files = yield* FileSystem.FileSystem
  const bytes = yield* files
    .readFile(path)
    .pipe(Effect.mapError((error) => unreadable(path, "a CSV file", error)))
  const plain = isGzip(bytes)
    ? yield* Effect.tryPromise({
        try: () => gunzip(bytes),
        catch: (cause) =>
          new DataError({
            reason: "Unreadable",
            problem: "the gzip data is damaged or cut off",
            expected: "a complete .gz file",
            hint: "Download or compress it again.",
            path,
            cause,
          }),
      })
    : bytes
  const text = yield* Effect.try({
    try: () => decodeText(plain),
    catch: (cause) =>
      new DataError({
        reason: "Unreadable",
        problem: "this is not UTF-8 text",
        expected: "a CSV file in UTF-8",
        hint: "Export the data as CSV (UTF-8).",
        path,
        cause,
      }),
  })
  return yield* Effect.fromResult(parseCsv(text, { ...options, path }))
})
