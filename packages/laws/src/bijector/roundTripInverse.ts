import { allow, compare } from "../internal/compare.ts"
import { sideBySide } from "../judge/inEachPrecision.ts"
import type { MeasuringBijectorLaw } from "./BijectorLaw.ts"
import { errorOfInverse } from "./conditioning.ts"
import { evaluate } from "./evaluate.ts"

/** `inverse(forward(x)) = x`. The tolerance grows with `|∂x/∂y|`, which amplifies the rounding of `y`. */
export const roundTripInverse: MeasuringBijectorLaw = {
  name: "round-trip-inverse",
  grade: "required",
  statement: "inverse(forward(x)) = x",
  applies: () => true,
  call: sideBySide("bijector", "bijector.inverse(y)", "x", ["const y = bijector.forward(x)"]),
  check: (subject, sample, judge) => {
    const evaluation = evaluate(subject, sample, judge)
    const x = evaluation.x.values
    const errors = errorOfInverse(judge, evaluation)
    return compare(
      evaluation.back.x.values,
      x,
      (i) => allow(judge, errors[i], x[i]!),
      "inverse(forward(x))",
    )
  },
}
