import type { Params } from "@pushforward/core"
import { Schema } from "effect"
import { carryOf, carryVectors, checkpointFormat } from "../Checkpoint.ts"
import type { Optimiser } from "../Optimiser.ts"
import { firstCarry } from "../Snapshot.ts"

/**
 * All that the rest of a variational fit depends on, after some step. The noise of a step follows from it and the seed;
 * where the posterior is found follows from the seed alone.
 *
 * **Details**
 *
 * - `carry`: trainable values, state, the optimiser's moments
 * - `skipped`: steps left out so far; `failing`: how many of them were the last ones
 * - `seconds`: how long it took so far
 *
 * @category models
 */
export interface VariationalSnapshot {
  readonly step: number
  readonly carry: ReadonlyArray<Float32Array>
  readonly skipped: number
  readonly failing: number
  readonly seconds: number
}

const Numbers = Schema.Struct({
  step: Schema.Int,
  skipped: Schema.Int,
  failing: Schema.Int,
  seconds: Schema.Finite,
})

/** A snapshot as a checkpoint. */
export const variationalFormat = checkpointFormat(
  Numbers,
  ({ carry, ...numbers }: VariationalSnapshot) => ({ numbers, vectors: carryVectors(carry) }),
  (numbers, vectors): VariationalSnapshot => ({ ...numbers, carry: carryOf(vectors) }),
)

/** The snapshot before the first step. */
export const firstVariationalSnapshot = (
  initial: Params,
  optimiser: Optimiser,
): VariationalSnapshot => ({
  step: 0,
  carry: firstCarry(initial, optimiser),
  skipped: 0,
  failing: 0,
  seconds: 0,
})
