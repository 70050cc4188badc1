import { flattenParams, type HostTensor, type Params, unflattenParams } from "@pushforward/core"
import type { Resolved } from "./FitOptions.ts"

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

/** A flat vector as a tensor. */
export const vector = (values: Float32Array): HostTensor => ({
  shape: [values.length],
  dtype: "float32",
  values,
})

/** The snapshot before the first step. */
export const firstSnapshot = (
  initial: Params,
  { optimiser, averaging }: Pick<Resolved, "optimiser" | "averaging">,
): Snapshot => {
  const trainable = flattenParams(initial, "trainable")
  return {
    step: 0,
    carry: [
      trainable,
      flattenParams(initial, "state"),
      ...Array.from({ length: optimiser.moments }, () => new Float32Array(trainable.length)),
      ...(averaging > 0 ? [trainable] : []),
    ],
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
