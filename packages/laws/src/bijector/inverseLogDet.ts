import * as tf from "@tensorflow/tfjs-core"
import { compare, defaultTolerance } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { allow, errorOfInverse } from "./conditioning.ts"
import { buildCase, evaluate, read, write } from "./evaluate.ts"
import { scoped } from "../internal/scoped.ts"

/**
 * The inverse log-determinant at `y` is minus the forward one at the preimage. The tolerance grows with the rounding
 * error of the preimage times the slope of the log-determinant there.
 */
export const inverseLogDet: BijectorLaw = {
  name: "inverse-log-det",
  grade: "required",
  statement: "inverse log-det at y = −forward log-det at inverse(y)",
  applies: () => true,
  call:
    `const [preimage, logDet] = bijector.inverseAndLogDet(bijector.forward(x))\nlogDet.print() // expected:\n` +
    `tf.neg(bijector.forwardAndLogDet(preimage)[1]).print()`,
  check: (subject, sample) => {
    const evaluation = evaluate(subject, sample)
    const { back, logDetSlope } = evaluation
    const expected = scoped(() =>
      read(tf.neg(buildCase(subject, sample).forwardAndLogDet(write(back.x))[1])),
    ).values
    const errors = errorOfInverse(evaluation)
    const size = errors.length / expected.length
    return compare(
      back.logDet.values,
      expected,
      (i) => {
        let added = 0
        for (let j = i * size; j < (i + 1) * size; j++) {
          const slope = Math.abs(logDetSlope[j]!)
          if (slope > 0) added += slope * errors[j]!
        }
        const magnitude = Math.max(1, Math.abs(expected[i]!))
        return allow(defaultTolerance * magnitude, added, 0.05, magnitude)
      },
      "inverse log-det",
    )
  },
}
