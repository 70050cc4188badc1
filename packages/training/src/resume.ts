import { Effect, Result } from "effect"
import type { CheckpointFormat, FitIdentity } from "./Checkpoint.ts"
import type { CheckpointStore } from "./CheckpointStore.ts"
import { FitError } from "./FitError.ts"
import type { Notice } from "./FitEvent.ts"

/** Where two fits differ first. */
const differenceOf = (there: FitIdentity, here: FitIdentity): string | undefined =>
  Object.keys({ ...there, ...here }).find((name) => there[name] !== here[name])

/**
 * The snapshot to go on from: that of the newest whole checkpoint. A damaged one is told of and passed over.
 *
 * Fails with {@link FitError} when the checkpoint is of another fit, or when all that are there are damaged.
 */
export const resumeFrom = <Snapshot>(
  store: CheckpointStore,
  { decode }: CheckpointFormat<Snapshot>,
  identity: FitIdentity,
  tell: (notice: Notice) => Effect.Effect<unknown>,
): Effect.Effect<Snapshot | undefined, FitError> =>
  Effect.gen(function* () {
    const found = yield* store.read
    for (const { name, bytes } of found) {
      const decoded = decode(bytes)
      if (Result.isFailure(decoded)) {
        yield* tell({
          _tag: "Notice",
          about: "DamagedCheckpoint",
          problem: `the checkpoint ${name} is damaged: ${decoded.failure}`,
          hint: "The one before it is used.",
        })
        continue
      }
      const { snapshot, identity: there } = decoded.success
      const different = differenceOf(there, identity)
      if (different === undefined) return snapshot
      return yield* new FitError({
        reason: "Checkpoint",
        problem:
          `the checkpoint is of another fit: ${different} is ${identity[different]} here, ` +
          `but was ${there[different]} there`,
        hint: "Give the options and the data it was begun with, or another place for checkpoints.",
      })
    }
    if (found.length > 0) {
      return yield* new FitError({
        reason: "Checkpoint",
        problem: `no checkpoint is whole among ${found.map(({ name }) => name).join(", ")}`,
        hint: "Remove them to begin anew, or restore them from a copy.",
      })
    }
    return undefined
  })
