import type { Params } from "@pushforward/core"

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
  readonly gradientNorm: number
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
  /** Whether these are the best parameters so far. */
  readonly best: boolean
}

/** Something worth knowing that does not stop the fit: what it is, and what to do about it. */
export interface Notice {
  readonly _tag: "Notice"
  readonly about: "DamagedCheckpoint"
  readonly problem: string
  readonly hint: string
}

/** Training is over; `params` are those of the best epoch. */
export interface Done {
  readonly _tag: "Done"
  readonly params: Params
  readonly epochs: number
  readonly bestEpoch: number
  readonly validationLogLikelihood: number
  readonly seconds: number
  readonly stoppedBy: "epochs" | "patience"
}

/**
 * What training tells, in order: one `Started`, then `Progress` and `EpochDone`, at last one `Done`; a `Notice` may come
 * at any time. Only numbers and words.
 */
export type FitEvent = Notice | Started | Progress | EpochDone | Done
