import type { Params } from "@pushforward/core"
import type { Notice } from "../FitEvent.ts"
import type { Frame } from "./Frame.ts"

/** The fit begins. */
export interface VariationalStarted {
  readonly _tag: "Started"
  /** Free numbers of the posterior. */
  readonly dimensions: number
  /** Trainable numbers of the guide. */
  readonly parameters: number
  readonly steps: number
  /** Draws of the guide in one step. */
  readonly draws: number
  readonly bound: string
  readonly backend: string
}

/** A Gaussian of the posterior's place and size is found: where the guide starts from. `elbo` in nats. */
export interface Located {
  readonly _tag: "Located"
  readonly elbo: number
  readonly standardError: number
  /** Steps that are done already: more than 0 when the fit goes on from a checkpoint. */
  readonly step: number
}

/** Some steps are done. `bound` is their mean, in nats. */
export interface VariationalProgress {
  readonly _tag: "Progress"
  readonly step: number
  readonly steps: number
  readonly bound: number
  readonly gradientNorm: number
  readonly learningRate: number
  /** Steps left out so far, because the bound or its gradient was not finite. */
  readonly skipped: number
  readonly secondsLeft: number
}

/** The fit is over. */
export interface VariationalDone {
  readonly _tag: "Done"
  readonly params: Params
  readonly frame: Frame
  /** The evidence lower bound of the fitted guide and its standard error, in nats. */
  readonly elbo: number
  readonly standardError: number
  /** Pareto k̂ of the importance weights: below 0.7 the guide is close enough to be corrected by weighting. */
  readonly kHat: number
  /** Effective draws for each draw, from 0 to 1, of importance sampling with the guide. */
  readonly efficiency: number
  readonly skipped: number
  readonly seconds: number
}

/**
 * What a variational fit tells, in order: `Started`, `Located`, `Progress`, at last `Done`; a `Notice` before `Located` when
 * a checkpoint is damaged. Only numbers and words.
 */
export type VariationalEvent =
  | VariationalStarted
  | Notice
  | Located
  | VariationalProgress
  | VariationalDone
