import { block, chain, invert } from "@pushforward/core"
import { failure, success, worstOf } from "../internal/compare.ts"
import { type MeasuringCombinatorLaw, type PairProgram, runPair } from "./CombinatorSubject.ts"
import { bothDirections, pairUp, sameResults } from "./same.ts"

const swapped: PairProgram = ({ x, first, second, build }) => {
  const y = build(chain(first.layer, second.layer), [first, second]).forward(x)
  const whole = build(invert(chain(first.layer, second.layer)), [first, second])
  const layers = build(chain(invert(second.layer), invert(first.layer)), [second, first])
  return [
    ...pairUp(layers.forwardAndLogDet(y), whole.forwardAndLogDet(y)),
    ...pairUp(layers.inverseAndLogDet(x), whole.inverseAndLogDet(x)),
  ]
}

/** Inverting a chain inverts its layers in the opposite order, and inverting twice gives the same object back. */
export const invertSwaps: MeasuringCombinatorLaw = {
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
  check: (subject, sample, judge) => {
    const first = block(subject.first, 0)
    return worstOf([
      sameResults(judge, runPair(judge, subject, sample, swapped), bothDirections),
      invert(invert(first)) === first ? success : failure("invert(invert(a)) is another object"),
    ])
  },
}
