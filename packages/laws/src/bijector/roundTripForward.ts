import { compare, defaultTolerance } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { allow, errorOfForward } from "./conditioning.ts"
import { buildCase, evaluate, read, write } from "./evaluate.ts"
import { scoped } from "../internal/scoped.ts"

/** `forward(inverse(y)) = y`. The tolerance grows with `|∂y/∂x|`, which amplifies the rounding of `x`. */
export const roundTripForward: BijectorLaw = {
  name: "round-trip-forward",
  grade: "required",
  statement: "forward(inverse(y)) = y",
  applies: () => true,
  call: `const y = bijector.forward(x)\nbijector.forward(bijector.inverse(y)).print() // expected:\ny.print()`,
  check: (subject, sample) => {
    const evaluation = evaluate(subject, sample)
    const y = evaluation.y.values
    const errors = errorOfForward(evaluation)
    const again = scoped(() => read(buildCase(subject, sample).forward(write(evaluation.back.x))))
    return compare(
      again.values,
      y,
      (i) => {
        const magnitude = Math.max(1, Math.abs(y[i]!))
        return allow(defaultTolerance * magnitude, errors[i], 0.02, magnitude)
      },
      "forward(inverse(y))",
    )
  },
}
