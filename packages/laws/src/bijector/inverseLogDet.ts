import { allow, compare } from "../internal/compare.ts"
import { sideBySide } from "../judge/inEachPrecision.ts"
import type { MeasuringBijectorLaw } from "./BijectorLaw.ts"
import { errorOfInverse } from "./conditioning.ts"
import { evaluate, paired } from "./evaluate.ts"
import { batched, run } from "./program.ts"

/**
 * The inverse log-determinant at `y` is minus the forward one at the preimage. The tolerance grows with the rounding
 * error of the preimage times the slope of the log-determinant there.
 */
export const inverseLogDet: MeasuringBijectorLaw = {
  name: "inverse-log-det",
  grade: "required",
  statement: "inverse log-det at y = −forward log-det at inverse(y)",
  applies: () => true,
  call: sideBySide("bijector", "logDet", "tf.neg(bijector.forwardAndLogDet(preimage)[1])", [
    "const [preimage, logDet] = bijector.inverseAndLogDet(bijector.forward(x))",
  ]),
  check: (subject, sample, judge) => {
    const evaluation = evaluate(subject, sample, judge)
    const { back, logDetSlope } = evaluation
    const [, forward] = run(judge, subject, sample, paired.forward, [batched(back.x)])
    const expected = forward!.values.map((v) => -v)
    const errors = errorOfInverse(judge, evaluation)
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
        return allow(judge, added, expected[i]!)
      },
      "inverse log-det",
    )
  },
}
