import { allow, compare } from "../internal/compare.ts"
import { shownInFloat64 } from "../judge/inEachPrecision.ts"
import type { MeasuringBijectorLaw } from "./BijectorLaw.ts"
import { errorOfLogDet } from "./conditioning.ts"
import { evaluate } from "./evaluate.ts"

/**
 * The forward log-determinant is `log |det|` of the autodiff Jacobian. The tolerance grows with `|J⁻¹|`, which amplifies
 * the rounding of the Jacobian's entries: `1 − tanh²` keeps few digits far out.
 */
export const logDet: MeasuringBijectorLaw = {
  name: "log-det",
  grade: "required",
  statement: "forward log-det = log|det J|, with J from autodiff",
  applies: () => true,
  call: {
    float32: `bijector.forwardAndLogDet(x)[1].print() // expected:\nconsole.log(jacobian(bijector, x).arraySync().map(logAbsDet))`,
    float64:
      `${shownInFloat64("bijector", ["bijector.forwardAndLogDet(x)[1]", "jacobian(bijector, x)"])}\n` +
      `console.log(shown[0]!.values) // expected: log|det| of\nconsole.log(shown[1])`,
  },
  check: (subject, sample, judge) => {
    const evaluation = evaluate(subject, sample, judge)
    const expected = evaluation.volumes.map((v) => v.logAbsDet)
    const errors = errorOfLogDet(judge, evaluation)
    return compare(
      evaluation.logDet.values,
      expected,
      (i) =>
        // A singular Jacobian condemns the log-det unless that says so too.
        expected[i] === -Infinity ? judge.tolerance : allow(judge, errors[i], expected[i]!),
      "forward log-det",
    )
  },
}
