import { flattenParams, type HostTensor, type Params, unflattenParams } from "@pushforward/core"
import { Schema } from "effect"
import { carryOf, carryVectors, checkpointFormat } from "./Checkpoint.ts"
import type { Resolved } from "./FitOptions.ts"
import type { Optimiser } from "./Optimiser.ts"

/** The best parameters so far, and what they score on the validation rows, in nats per row. */
export interface Best {
  readonly epoch: number
  readonly score: number
  readonly trainable: Float32Array
  readonly state: Float32Array
}

/**
 * All that the rest of a run depends on, after some step: from here it goes on with the same bits. A checkpoint is one
 * on disk; a run that went astray goes back to one.
 *
 * **Details**
 *
 * - `step`: how many are done. The order of the rows follows from it and the seed
 * - `carry`: trainable values, state, the optimiser's moments, the averaged values if they are kept
 * - `lossSum`: over the steps of the epoch at hand
 * - `validations`: the log-likelihood of the validation rows after each epoch
 * - `level`: the lowest mean loss between two snapshots, against which an explosion shows
 * - `recoveries`: how often the run went back; each halves the learning rate
 * - `seconds`: how long it took so far
 *
 * @category models
 */
export interface Snapshot {
  readonly step: number
  readonly carry: ReadonlyArray<Float32Array>
  readonly lossSum: number
  readonly validations: ReadonlyArray<number>
  readonly best: Best | undefined
  readonly level: number | undefined
  readonly recoveries: number
  readonly seconds: number
}

const Numbers = Schema.Struct({
  step: Schema.Int,
  lossSum: Schema.Finite,
  // −∞, of a validation row outside the support, is no JSON.
  validations: Schema.Array(Schema.NullOr(Schema.Finite)),
  best: Schema.NullOr(Schema.Struct({ epoch: Schema.Int, score: Schema.Finite })),
  level: Schema.NullOr(Schema.Finite),
  recoveries: Schema.Int,
  seconds: Schema.Finite,
})

/** A snapshot as a checkpoint. */
export const snapshotFormat = checkpointFormat(
  Numbers,
  ({ carry, best, ...snapshot }: Snapshot) => ({
    numbers: {
      ...snapshot,
      validations: snapshot.validations.map((score) => (Number.isFinite(score) ? score : null)),
      level: snapshot.level ?? null,
      best: best === undefined ? null : { epoch: best.epoch, score: best.score },
    },
    vectors: {
      ...carryVectors(carry),
      ...(best && { "best.trainable": best.trainable, "best.state": best.state }),
    },
  }),
  ({ best, ...numbers }, vectors): Snapshot => ({
    ...numbers,
    validations: numbers.validations.map((score) => score ?? -Infinity),
    level: numbers.level ?? undefined,
    carry: carryOf(vectors),
    best: best
      ? { ...best, trainable: vectors["best.trainable"]!, state: vectors["best.state"]! }
      : undefined,
  }),
)

/** A flat vector as a tensor. */
export const vector = (values: Float32Array): HostTensor => ({
  shape: [values.length],
  dtype: "float32",
  values,
})

/** What a loop of steps carries before the first one: trainable values, state, the optimiser's moments. */
export const firstCarry = (
  initial: Params,
  { moments }: Optimiser,
): readonly [trainable: Float32Array, ...rest: ReadonlyArray<Float32Array>] => {
  const trainable = flattenParams(initial, "trainable")
  return [
    trainable,
    flattenParams(initial, "state"),
    ...Array.from({ length: moments }, () => new Float32Array(trainable.length)),
  ]
}

/** The snapshot before the first step. */
export const firstSnapshot = (
  initial: Params,
  { optimiser, averaging }: Pick<Resolved, "optimiser" | "averaging">,
): Snapshot => {
  const carry = firstCarry(initial, optimiser)
  return {
    step: 0,
    carry: averaging > 0 ? [...carry, carry[0]] : carry,
    lossSum: 0,
    validations: [],
    best: undefined,
    level: undefined,
    recoveries: 0,
    seconds: 0,
  }
}

/** The parameters of flat vectors. */
export const paramsOf = (like: Params, trainable: Float32Array, state: Float32Array): Params =>
  unflattenParams(unflattenParams(like, "trainable", trainable), "state", state)
