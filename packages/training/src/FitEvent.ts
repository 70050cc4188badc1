import type { Params } from "@pushforward/core"
import type { Origin } from "./Origin.ts"

/** Training begins, or goes on from a checkpoint. */
export interface Started {
  readonly _tag: "Started"
  readonly rows: number
  readonly validationRows: number
  /** Trainable numbers. */
  readonly parameters: number
  readonly epochs: number
  readonly stepsPerEpoch: number
  readonly batchSize: number
  readonly backend: string
  /** Steps that are done already: more than 0 when the run goes on from a checkpoint. */
  readonly step: number
}

/** Some steps are done. Log-likelihoods are means per row, in nats. */
export interface Progress {
  readonly _tag: "Progress"
  readonly step: number
  readonly steps: number
  readonly epoch: number
  readonly trainLogLikelihood: number
  /** `−log-likelihood / (dimensions · log 2)`: the fewer, the better. */
  readonly trainBitsPerDimension: number
  /** Of the last of these steps, before it is clipped. */
  readonly gradientNorm: number
  /** Of the last of these steps. */
  readonly learningRate: number
  readonly rowsPerSecond: number
  readonly secondsLeft: number
}

/** Every row has been seen once more, and the validation rows were scored. */
export interface EpochDone {
  readonly _tag: "EpochDone"
  readonly epoch: number
  readonly trainLogLikelihood: number
  readonly validationLogLikelihood: number
  readonly trainBitsPerDimension: number
  readonly validationBitsPerDimension: number
  /** Whether these are the best parameters so far. */
  readonly best: boolean
}

/** Something worth knowing that does not stop the fit: what it is, and what to do about it. */
export interface Notice {
  readonly _tag: "Notice"
  readonly about:
    | "DamagedCheckpoint"
    | "Spike"
    | "Ties"
    | "HeavyTails"
    | "Copies"
    | "FewRows"
    | "Simple"
  readonly problem: string
  readonly hint: string
  /** The columns it is about, if it is about some. */
  readonly columns?: ReadonlyArray<string>
}

/** Training went astray and goes on from its last good parameters, with half the learning rate. */
export interface Recovered {
  readonly _tag: "Recovered"
  /** The step that went wrong, counted from 1, and the one after which the run goes on. */
  readonly step: number
  readonly backTo: number
  /** How often this happened, of how often it may. */
  readonly recoveries: number
  readonly most: number
  /** What the learning rate of the schedule is multiplied with from here on. */
  readonly rateFactor: number
  /** What went wrong and where it came from, in words and, if a number can be named, as data. */
  readonly problem: string
  readonly origin?: Origin
}

/** Training is over; `params` are those of the best epoch. */
export interface Done {
  readonly _tag: "Done"
  readonly params: Params
  readonly epochs: number
  readonly bestEpoch: number
  readonly validationLogLikelihood: number
  readonly seconds: number
  /** `"divergence"`: the run could not be saved; these are the last good parameters, and the stream fails after this. */
  readonly stoppedBy: "epochs" | "patience" | "divergence"
}

/**
 * What training tells, in order: one `Started`, then `Progress` and `EpochDone`, at last one `Done`; a `Notice` or a
 * `Recovered` may come at any time. Only numbers and words.
 */
export type FitEvent = Notice | Recovered | Started | Progress | EpochDone | Done
