import { sizeOf } from "@pushforward/core"
import { violations } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { eventCount, evaluate } from "./evaluate.ts"

/** Where `rearranges` is declared, each output element is an input element, and each input element is used once. */
export const rearranges: BijectorLaw = {
  name: "rearranges",
  grade: "required",
  statement: "where declared, the output's elements are the input's, each once, in another order",
  applies: ({ layer }) => layer.rearranges === true,
  call: `bijector.forward(x).print() // expected: the elements of\nx.print()`,
  check: (subject, sample) => {
    const { x, y } = evaluate(subject, sample)
    const size = sizeOf(subject.eventShape)
    return violations(
      Array.from({ length: eventCount(subject, sample) }, (_, row) => row).flatMap((row) => {
        const part = (values: Float64Array): string =>
          values
            .slice(row * size, (row + 1) * size)
            .toSorted()
            .join(", ")
        return part(x.values) === part(y.values) && x.values.length === y.values.length
          ? []
          : [`the elements ${part(x.values)} become ${part(y.values)}`]
      }),
    )
  },
}
