import type { Resolved } from "./FitOptions.ts"
import type { Snapshot } from "./Snapshot.ts"

/** The learning rate of a step, counted from 0: the schedule's, halved for each time the run went back. */
export const learningRateAt = (
  { schedule }: Pick<Resolved, "schedule">,
  step: number,
  steps: number,
  { validations, recoveries }: Pick<Snapshot, "validations" | "recoveries">,
): number => schedule(step, steps, validations) * 2 ** -recoveries

/**
 * The numbers that a step takes beside its rows: the optimiser's, and the weight of the new values in the average if one
 * is kept. The average forgets faster at first: its decay is `min(averaging, (1 + t)/(10 + t))` at step `t`.
 */
export const ratesAt = (
  options: Pick<Resolved, "schedule" | "optimiser" | "averaging">,
  step: number,
  steps: number,
  run: Pick<Snapshot, "validations" | "recoveries">,
): ReadonlyArray<number> => [
  ...options.optimiser.rates(step + 1, learningRateAt(options, step, steps, run)),
  ...(options.averaging > 0 ? [1 - Math.min(options.averaging, (1 + step) / (10 + step))] : []),
]
