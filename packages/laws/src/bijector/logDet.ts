import { compare, defaultTolerance } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { allow, errorOfLogDet } from "./conditioning.ts"
import { evaluate } from "./evaluate.ts"

/**
 * The forward log-determinant is `log |det|` of the autodiff Jacobian, taken in float64. The tolerance grows with
 * `|J⁻¹|`, which amplifies the rounding of the Jacobian's entries: `1 − tanh²` keeps few digits far out.
 */
export const logDet: BijectorLaw = {
  name: "log-det",
  grade: "required",
  statement: "forward log-det = log|det J|, with J from autodiff",
  applies: () => true,
  call: `bijector.forwardAndLogDet(x)[1].print() // expected:\nconsole.log(jacobian(bijector, x).map(logAbsDet))`,
  check: (subject, sample) => {
    const evaluation = evaluate(subject, sample)
    const expected = evaluation.volumes.map((v) => v.logAbsDet)
    const errors = errorOfLogDet(evaluation)
    return compare(
      evaluation.logDet.values,
      expected,
      (i) => {
        const magnitude = Math.max(1, Math.abs(expected[i]!))
        const base = defaultTolerance * magnitude
        // A singular Jacobian condemns the log-det unless that says so too.
        return expected[i] === -Infinity ? base : allow(base, errors[i], 0.05, magnitude)
      },
      "forward log-det",
    )
  },
}
