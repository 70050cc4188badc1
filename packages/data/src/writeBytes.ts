import { Effect, FileSystem, Option, type PlatformError } from "effect"
import { DataError } from "./DataError.ts"
import { systemProblem } from "./systemProblem.ts"

/** What is at a path: `"File"` also where nothing is, so that a new file may take its place. */
const kindOf = (path: string): Effect.Effect<FileSystem.File.Type, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    if (Option.isSome(yield* Effect.option(files.readLink(path)))) return "SymbolicLink"
    const there = yield* Effect.option(files.stat(path))
    return Option.isSome(there) ? there.value.type : "File"
  })

/** Runs `write` on a new file beside `path`, of which nothing is left when it fails. */
const beside = <A>(
  path: string,
  write: (temporary: string) => Effect.Effect<A, PlatformError.PlatformError>,
): Effect.Effect<A, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const temporary = `${path}.${crypto.randomUUID()}.tmp`
    return yield* write(temporary).pipe(
      Effect.ensuring(Effect.ignore(files.remove(temporary, { force: true }))),
    )
  })

const unwritable =
  (path: string) =>
  (error: PlatformError.PlatformError): DataError => {
    const problem = systemProblem(error)
    return new DataError({
      reason: "Unwritable",
      problem: `the file cannot be written (${problem})`,
      expected: "a folder that exists, may be written to and has room",
      hint: problem.startsWith("ENOSPC")
        ? "Free some space, or choose another path."
        : error.reason._tag === "NotFound"
          ? "Make the folder first."
          : "Choose another path.",
      path,
    })
  }

/**
 * Fails where {@link writeBytes} would: for the start of long work.
 *
 * - Fails: `DataError` with reason `Unwritable`
 * - Needs: `FileSystem` of `effect`
 *
 * @category conversions
 * @since 0.1.0
 */
export const checkWritable: (
  path: string,
) => Effect.Effect<void, DataError, FileSystem.FileSystem> = /* @__PURE__ */ Effect.fn(
  "checkWritable",
)(function* (path) {
  const files = yield* FileSystem.FileSystem
  const kind = yield* kindOf(path)
  // A pipe would take a trial for its only writer.
  if (kind !== "File" && kind !== "Directory") return
  const write = (place: string) => files.writeFile(place, new Uint8Array())
  yield* Effect.mapError(kind === "File" ? beside(path, write) : write(path), unwritable(path))
})

/**
 * Writes a file as a whole or not at all.
 *
 * **Details**
 *
 * The bytes go to a new file in the same folder, which then takes the name `path`: a reader sees the old file or the whole
 * new one, never a part, and a failed write leaves nothing behind. What is no plain file (a link, a pipe, a device) is
 * written into instead, and stays what it is.
 *
 * - Fails: `DataError` with reason `Unwritable`
 * - Needs: `FileSystem` of `effect`
 *
 * @category conversions
 * @since 0.1.0
 */
export const writeBytes: (
  path: string,
  bytes: Uint8Array,
) => Effect.Effect<void, DataError, FileSystem.FileSystem> = /* @__PURE__ */ Effect.fn(
  "writeBytes",
)(function* (path, bytes) {
  const files = yield* FileSystem.FileSystem
  const write =
    (yield* kindOf(path)) === "File"
      ? beside(path, (temporary) =>
          Effect.andThen(files.writeFile(temporary, bytes), files.rename(temporary, path)),
        )
      : files.writeFile(path, bytes)
  yield* Effect.mapError(write, unwritable(path))
})
