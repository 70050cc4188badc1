import type { JacobianStructure } from "@pushforward/core"
import { violations } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { evaluate } from "./evaluate.ts"

const allowed = (structure: JacobianStructure, output: number, input: number): boolean =>
  structure.kind === "diagonal"
    ? output === input
    : structure.order[input]! <= structure.order[output]!

/** Entries of the Jacobian that the declared structure forbids are exactly zero, not merely small. */
export const jacobianStructure: BijectorLaw = {
  name: "jacobian-structure",
  grade: "required",
  statement:
    "∂yᵢ/∂xⱼ = 0 exactly wherever the declared diagonal or triangular structure forbids it",
  applies: ({ layer }) => layer.jacobian !== undefined,
  call: `console.log(jacobian(bijector, x).arraySync(), bijector.jacobian) // expected: zeros elsewhere`,
  check: (subject, sample) => {
    const structure = subject.layer.jacobian!
    const { volumes } = evaluate(subject, sample)
    return violations(
      volumes.flatMap(({ forward: { rows, columns, values } }) => [
        ...(structure.kind === "triangular" && structure.order.length !== columns
          ? [`the declared order has ${structure.order.length} entries for ${columns} elements`]
          : []),
        ...Array.from(values, (slope, at) => ({
          slope,
          i: Math.floor(at / columns),
          j: at % columns,
        }))
          .filter(({ slope, i, j }) => slope !== 0 && i < rows && !allowed(structure, i, j))
          .map(({ slope, i, j }) => `∂y${i}/∂x${j} is ${slope}, expected 0`),
      ]),
    )
  },
}
