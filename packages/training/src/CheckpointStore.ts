import { Effect, FileSystem, type PlatformError } from "effect"
import { FitError } from "./FitError.ts"

/** A checkpoint as it lies in its place. */
export interface StoredCheckpoint {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Where checkpoints are kept.
 *
 * **Details**
 *
 * - `read`: what is there, the newest first; none is no failure
 * - `write(bytes)`: keeps a newer one. Until it is complete, the one before stays
 * - `everySeconds`: how often a run writes, apart from its end
 *
 * @category models
 */
export interface CheckpointStore {
  readonly everySeconds: number
  readonly read: Effect.Effect<ReadonlyArray<StoredCheckpoint>, FitError>
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, FitError>
}

/** The newest comes first. */
const names = ["checkpoint.safetensors", "checkpoint.previous.safetensors"] as const
const unfinished = "checkpoint.unfinished"

/**
 * Checkpoints in a folder.
 *
 * **Details**
 *
 * - A checkpoint is written beside the others, brought to the disk (`fsync`) and only then renamed; the one before is
 *   kept until the next. A kill, a power cut or a full disk at any moment leaves a whole one
 * - Fails: {@link FitError} with the reason `Checkpoint` when the folder cannot be read or written
 *
 * **Example** (A fit that goes on where it was stopped)
 *
 * ```ts
 * import * as NodeServices from "@effect/platform-node/NodeServices"
 * import { checkpointFolder } from "@pushforward/training"
 * import { Effect } from "effect"
 *
 * const store = checkpointFolder("out/checkpoints").pipe(Effect.provide(NodeServices.layer))
 * const checkpoints = await Effect.runPromise(store) // pass it to fitDensity
 * checkpoints.everySeconds // => 15
 * ```
 *
 * @category constructors
 */
export const checkpointFolder = (
  folder: string,
  { everySeconds = 15 } = {},
): Effect.Effect<CheckpointStore, never, FileSystem.FileSystem> =>
  Effect.map(FileSystem.FileSystem, (fs) => {
    const fail =
      (doing: string, hint: string) =>
      ({ reason }: PlatformError.PlatformError): FitError => {
        const { message } = reason.cause instanceof Error ? reason.cause : reason
        return new FitError({
          reason: "Checkpoint",
          problem: `the checkpoint in ${folder} could not be ${doing} (${message.split("\n")[0]})`,
          hint,
        })
      }
    const syncFolder = Effect.scoped(Effect.flatMap(fs.open(folder), (handle) => handle.sync))
    return {
      everySeconds,
      read: Effect.gen(function* () {
        const found: Array<StoredCheckpoint> = []
        for (const name of names) {
          if (!(yield* fs.exists(`${folder}/${name}`))) continue
          found.push({ name, bytes: Uint8Array.from(yield* fs.readFile(`${folder}/${name}`)) })
        }
        return found
      }).pipe(Effect.mapError(fail("read", "Check its permissions, or choose another folder."))),
      write: (bytes) =>
        Effect.gen(function* () {
          const [newest, previous] = names.map((name) => `${folder}/${name}`) as [string, string]
          const fresh = `${folder}/${unfinished}`
          yield* fs.makeDirectory(folder, { recursive: true })
          yield* Effect.scoped(
            Effect.gen(function* () {
              const file = yield* fs.open(fresh, { flag: "w" })
              yield* file.writeAll(bytes)
              yield* file.sync
            }),
          ).pipe(Effect.tapError(() => Effect.ignore(fs.remove(fresh, { force: true }))))
          if (yield* fs.exists(newest)) yield* fs.rename(newest, previous)
          yield* fs.rename(fresh, newest)
          // Not every system can bring a folder to the disk by itself.
          yield* Effect.ignore(syncFolder)
        }).pipe(
          Effect.uninterruptible,
          Effect.mapError(
            fail(
              "written",
              "Free some space or choose another folder; the checkpoint before it is untouched.",
            ),
          ),
        ),
    }
  })
