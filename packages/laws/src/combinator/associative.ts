import { chain } from "@pushforward/core"
import { success, worstOf } from "../internal/compare.ts"
import { type CombinatorLaw, openPair } from "./CombinatorSubject.ts"
import { samePair } from "./same.ts"

/** `chain` is associative, so that nested chains may be flattened. */
export const associative: CombinatorLaw = {
  name: "chain-associative",
  grade: "required",
  statement: "chain(chain(a, b), c) = chain(a, chain(b, c)) = chain(a, b, c)",
  applies: ({ third }) => third !== undefined,
  call: `bijector.forwardAndLogDet(x).map((t) => t.print())`,
  check: (subject, sample) => {
    const { x, first, second, third, build } = openPair(subject, sample)
    if (third === undefined) return success
    const members = [first, second, third]
    const [a, b, c] = [first.layer, second.layer, third.layer]
    const flat = build(chain(a, b, c), members)
    const expected = flat.forwardAndLogDet(x)
    const y = expected[0]
    const back = flat.inverseAndLogDet(y)
    return worstOf(
      [chain(chain(a, b), c), chain(a, chain(b, c))].flatMap((layer) => {
        const grouped = build(layer, members)
        return [
          samePair("forward", grouped.forwardAndLogDet(x), expected),
          samePair("inverse", grouped.inverseAndLogDet(y), back),
        ]
      }),
    )
  },
}
