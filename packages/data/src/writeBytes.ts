import { Effect, FileSystem, Option } from "effect"
import { DataError } from "./DataError.ts"
import { systemProblem } from "./systemProblem.ts"

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
  const link = yield* Effect.option(files.readLink(path))
  const there = yield* Effect.option(files.stat(path))
  const isPlain = Option.isNone(link) && (Option.isNone(there) || there.value.type === "File")
  const temporary = `${path}.${crypto.randomUUID()}.tmp`
  const write = isPlain
    ? files.writeFile(temporary, bytes).pipe(
        Effect.andThen(files.rename(temporary, path)),
        Effect.onError(() => Effect.ignore(files.remove(temporary, { force: true }))),
      )
    : files.writeFile(path, bytes)
  yield* write.pipe(
    Effect.mapError((error) => {
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
    }),
  )
})
