import { chain } from "@pushforward/core"
import { type MeasuringCombinatorLaw, type PairProgram, runPair } from "./CombinatorSubject.ts"
import { pairUp, sameResults } from "./same.ts"

const withIdentity: PairProgram = ({ x, first, build, alone }) => {
  const expected = alone(first).forwardAndLogDet(x)
  return [chain(chain(), first.layer), chain(first.layer, chain())].flatMap((layer) =>
    pairUp(build(layer, [first]).forwardAndLogDet(x), expected),
  )
}

/** The empty chain is the identity, and changes nothing before or after a layer. */
export const unit: MeasuringCombinatorLaw = {
  name: "chain-unit",
  grade: "required",
  statement: "chain(chain(), a) = a = chain(a, chain())",
  applies: () => true,
  check: (subject, sample, judge) =>
    sameResults(judge, runPair(judge, subject, sample, withIdentity), [
      "identity first, value",
      "identity first, log-det",
      "identity last, value",
      "identity last, log-det",
    ]),
}
