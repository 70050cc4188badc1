import { chain } from "@pushforward/core"
import { worstOf } from "../internal/compare.ts"
import { type CombinatorLaw, openPair } from "./CombinatorSubject.ts"
import { samePair } from "./same.ts"

/** The empty chain is the identity, and changes nothing before or after a layer. */
export const unit: CombinatorLaw = {
  name: "chain-unit",
  grade: "required",
  statement: "chain(chain(), a) = a = chain(a, chain())",
  applies: () => true,
  call: `bijector.forwardAndLogDet(x).map((t) => t.print())`,
  check: (subject, sample) => {
    const { x, first, build, alone } = openPair(subject, sample)
    const expected = alone(first).forwardAndLogDet(x)
    return worstOf(
      [chain(chain(), first.layer), chain(first.layer, chain())].map((layer) =>
        samePair("forward", build(layer, [first]).forwardAndLogDet(x), expected),
      ),
    )
  },
}
