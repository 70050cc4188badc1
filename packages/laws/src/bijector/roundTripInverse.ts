import { compare, defaultTolerance } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { allow, errorOfInverse } from "./conditioning.ts"
import { evaluate } from "./evaluate.ts"

/** `inverse(forward(x)) = x`. The tolerance grows with `|∂x/∂y|`, which amplifies the rounding of `y`. */
export const roundTripInverse: BijectorLaw = {
  name: "round-trip-inverse",
  grade: "required",
  statement: "inverse(forward(x)) = x",
  applies: () => true,
  call: `const y = bijector.forward(x)\nbijector.inverse(y).print() // expected:\nx.print()`,
  check: (subject, sample) => {
    const evaluation = evaluate(subject, sample)
    const x = evaluation.x.values
    const errors = errorOfInverse(evaluation)
    return compare(
      evaluation.back.x.values,
      x,
      (i) => {
        const magnitude = Math.max(1, Math.abs(x[i]!))
        return allow(defaultTolerance * magnitude, errors[i], 0.02, magnitude)
      },
      "inverse(forward(x))",
    )
  },
}
