import { Effect } from "effect"
import { FitError } from "./FitError.ts"

/** Checks weights of rows and scales them to a mean of 1. */
export const scaledWeights = (
  name: "weights" | "validationWeights",
  weights: ArrayLike<number> | undefined,
  rows: number,
): Effect.Effect<Float32Array | undefined, FitError> => {
  if (weights === undefined) return Effect.void as Effect.Effect<undefined>
  const bad = Array.from(weights).findIndex((weight) => !(weight >= 0 && weight < Infinity))
  const sum = Array.from(weights).reduce((total, weight) => total + weight, 0)
  if (weights.length !== rows || bad >= 0 || !(sum > 0)) {
    return Effect.fail(
      new FitError({
        reason: "BadOptions",
        problem:
          weights.length !== rows
            ? `${name}: expected ${rows} numbers, one for each row, got ${weights.length}`
            : bad >= 0
              ? `${name}: expected numbers from 0, got ${weights[bad]} at ${bad}`
              : `${name}: expected some that are not 0`,
        hint: "Give every row how much it counts; the scale does not matter.",
      }),
    )
  }
  return Effect.succeed(Float32Array.from(weights, (weight) => (weight * rows) / sum))
}
