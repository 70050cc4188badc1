import { violations } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { evaluate } from "./evaluate.ts"

/** Where `increasing` is declared, no output falls when its own input rises. */
export const increasing: BijectorLaw = {
  name: "increasing",
  grade: "required",
  statement: "∂yᵢ/∂xᵢ > 0 where the bijector is declared increasing",
  applies: ({ layer }) => layer.increasing === true,
  call: `jacobian(bijector, x).print() // expected: a positive diagonal`,
  check: (subject, sample) => {
    const { volumes, logDet } = evaluate(subject, sample)
    return violations(
      volumes.flatMap(({ forward: { rows, columns, values } }, row) =>
        Array.from({ length: Math.min(rows, columns) }, (_, i) => values[i * columns + i]!).flatMap(
          (slope, i) =>
            // A slope of zero is a saturated one, where the log-det is -Infinity as well.
            slope > 0 || (slope === 0 && logDet.values[row] === -Infinity)
              ? []
              : [`∂y/∂x of element ${i} is ${slope}`],
        ),
      ),
    )
  },
}
