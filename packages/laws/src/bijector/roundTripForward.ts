import { allow, compare } from "../internal/compare.ts"
import { sideBySide } from "../judge/inEachPrecision.ts"
import type { MeasuringBijectorLaw } from "./BijectorLaw.ts"
import { errorOfForward } from "./conditioning.ts"
import { evaluate, paired } from "./evaluate.ts"
import { batched, run } from "./program.ts"

/** `forward(inverse(y)) = y`. The tolerance grows with `|∂y/∂x|`, which amplifies the rounding of `x`. */
export const roundTripForward: MeasuringBijectorLaw = {
  name: "round-trip-forward",
  grade: "required",
  statement: "forward(inverse(y)) = y",
  applies: () => true,
  call: sideBySide("bijector", "bijector.forward(bijector.inverse(y))", "y", [
    "const y = bijector.forward(x)",
  ]),
  check: (subject, sample, judge) => {
    const evaluation = evaluate(subject, sample, judge)
    const y = evaluation.y.values
    const errors = errorOfForward(judge, evaluation)
    const [again] = run(judge, subject, sample, paired.forward, [batched(evaluation.back.x)])
    return compare(again!.values, y, (i) => allow(judge, errors[i], y[i]!), "forward(inverse(y))")
  },
}
