import type { Params } from "@pushforward/core"

/** Training begins. */
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

/** What training tells, in order: one `Started`, then `Progress` and `EpochDone`, at last one `Done`. Only numbers. */
export type FitEvent = Started | Progress | EpochDone | Done
