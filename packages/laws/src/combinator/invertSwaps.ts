import { block, chain, invert } from "@pushforward/core"
import { failure, success, worstOf } from "../internal/compare.ts"
import { type CombinatorLaw, openPair } from "./CombinatorSubject.ts"
import { samePair } from "./same.ts"

/** Inverting a chain inverts its layers in the opposite order, and inverting twice gives the same object back. */
export const invertSwaps: CombinatorLaw = {
  name: "invert-swaps",
  grade: "required",
  statement: "invert(chain(a, b)) = chain(invert(b), invert(a)); invert(invert(a)) is a",
  // The codomain of a chain may be wider than its range; then its inverse may not fit together layer by layer.
  applies: ({ first, second }) => {
    try {
      chain(invert(block(second, 0)), invert(block(first, 0)))
      return true
    } catch {
      return false
    }
  },
  call: `bijector.inverseAndLogDet(bijector.forward(x)).map((t) => t.print())`,
  check: (subject, sample) => {
    const { x, first, second, build } = openPair(subject, sample)
    const y = build(chain(first.layer, second.layer), [first, second]).forward(x)
    const whole = build(invert(chain(first.layer, second.layer)), [first, second])
    const swapped = build(chain(invert(second.layer), invert(first.layer)), [second, first])
    return worstOf([
      samePair("forward", swapped.forwardAndLogDet(y), whole.forwardAndLogDet(y)),
      samePair("inverse", swapped.inverseAndLogDet(x), whole.inverseAndLogDet(x)),
      invert(invert(first.layer)) === first.layer
        ? success
        : failure("invert(invert(a)) is another object"),
    ])
  },
}
