import { chain } from "@pushforward/core"
import { type MeasuringCombinatorLaw, type PairProgram, runPair } from "./CombinatorSubject.ts"
import { bothDirections, pairUp, sameResults } from "./same.ts"

const groupings: PairProgram = ({ x, first, second, third, build }) => {
  const members = [first, second, third!]
  const [a, b, c] = [first.layer, second.layer, third!.layer]
  const flat = build(chain(a, b, c), members)
  const expected = flat.forwardAndLogDet(x)
  const y = expected[0]
  const back = flat.inverseAndLogDet(y)
  return [chain(chain(a, b), c), chain(a, chain(b, c))].flatMap((layer) => {
    const grouped = build(layer, members)
    return [
      ...pairUp(grouped.forwardAndLogDet(x), expected),
      ...pairUp(grouped.inverseAndLogDet(y), back),
    ]
  })
}

/** `chain` is associative, so that nested chains may be flattened. */
export const associative: MeasuringCombinatorLaw = {
  name: "chain-associative",
  grade: "required",
  statement: "chain(chain(a, b), c) = chain(a, chain(b, c)) = chain(a, b, c)",
  applies: ({ third }) => third !== undefined,
  check: (subject, sample, judge) =>
    sameResults(judge, runPair(judge, subject, sample, groupings), [
      ...bothDirections,
      ...bothDirections,
    ]),
}
