import type { Configuration } from "./configurations.ts"

/** The programs that are timed. */
export const programs = ["train", "logProb", "sample"] as const
export type Program = (typeof programs)[number]

/** A flow made ready by an engine. `time` runs a program once and gives its seconds: per step for `train`. */
export interface Prepared {
  readonly time: (program: Program) => Promise<number>
  readonly stop: () => Promise<void>
}

/** A library under test. */
export interface Engine {
  readonly name: string
  /** Programs that take too long to be worth timing, and why. */
  readonly skips: (configuration: Configuration, program: Program) => string | undefined
  readonly prepare: (configuration: Configuration) => Promise<Prepared>
}
