import type { Configuration } from "./configurations.ts"
import type { Seconds } from "./Seconds.ts"

/** The programs that are timed. */
export const programs = ["train", "logProb", "sample"] as const
export type Program = (typeof programs)[number]

/** What a program took; per step for `train`. */
export interface Timing extends Seconds {
  /** For `train`: the mean log-likelihood at its end, in nats. All engines fit the same flow, so theirs are alike. */
  readonly logLikelihood?: number
}

/** What an engine is told beside the configuration. */
export interface Settings {
  /** Not there where the engine chooses by the work at hand. */
  readonly threads?: number
  /** Of a library that has several. */
  readonly backend: string
}

/** A library under test: a command that serves one configuration by the protocol of `serve.ts`. */
export interface Engine {
  readonly name: string
  /** Engines of one library differ in their threads; the best of them counts. */
  readonly library: string
  readonly command: string
  /** Arguments of the command before the configuration. */
  readonly args: ReadonlyArray<string>
  readonly settings: Settings
  /** Programs that take too long to be worth timing, and why. */
  readonly skips: (configuration: Configuration, program: Program) => string | undefined
}
