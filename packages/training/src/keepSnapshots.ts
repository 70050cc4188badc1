import { Effect } from "effect"
import type { CheckpointFormat, FitIdentity } from "./Checkpoint.ts"
import type { CheckpointStore } from "./CheckpointStore.ts"
import type { FitError } from "./FitError.ts"

/** The newest snapshot of a run, which is written now and then. */
export interface SnapshotKeeper<Snapshot> {
  readonly latest: () => Snapshot
  /** Takes a newer one, and writes it when it is time. */
  readonly keep: (snapshot: Snapshot) => Effect.Effect<void, FitError>
  /** Writes the newest, if it is not there already. */
  readonly save: Effect.Effect<void, FitError>
}

/** Keeps the snapshots of a run that goes on from `resumed`, or begins at `first`. Without a store nothing is written. */
export const keepSnapshots = <Snapshot>(
  store: CheckpointStore | undefined,
  { encode }: CheckpointFormat<Snapshot>,
  identity: FitIdentity,
  resumed: Snapshot | undefined,
  first: Snapshot,
): SnapshotKeeper<Snapshot> => {
  let latest = resumed ?? first
  // Where a run begins follows from its options: that needs no saving.
  let saved = latest
  let savedAt = performance.now()
  const save = Effect.suspend(() => {
    if (store === undefined || saved === latest) return Effect.void
    saved = latest
    savedAt = performance.now()
    return store.write(encode(latest, identity))
  })
  return {
    latest: () => latest,
    keep: (snapshot) => {
      latest = snapshot
      const due = store && performance.now() - savedAt >= 1000 * store.everySeconds
      return due ? save : Effect.void
    },
    save,
  }
}
