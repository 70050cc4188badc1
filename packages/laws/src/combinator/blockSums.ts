import { block, chain, sumEvent } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { type MeasuringCombinatorLaw, type PairProgram, runPair } from "./CombinatorSubject.ts"
import { bothDirections, pairUp, sameResults } from "./same.ts"

const twoSlices: PairProgram = ({ x, first, second, build }) => {
  const members = [first, second]
  const layer = chain(first.layer, second.layer)
  const inner = build(layer, members)
  const axis = -1 - layer.eventRankIn
  // Two slices: the input and its own copy.
  const slices = tf.stack([x, x], x.rank + axis + 1)
  const [y, logDet] = inner.forwardAndLogDet(slices)
  const blocked = build(block(layer, 1), [{ layer, params: asTree(members) }])
  return [
    ...pairUp(blocked.forwardAndLogDet(slices), [y, sumEvent(logDet, 1)]),
    ...pairUp(blocked.inverseAndLogDet(y), [
      inner.inverse(y),
      sumEvent(inner.inverseAndLogDet(y)[1], 1),
    ]),
  ]
}

const asTree = (members: ReadonlyArray<{ readonly params: object }>): Record<string, never> =>
  Object.fromEntries(members.map(({ params }, i) => [String(i), params as never]))

/** A block maps every slice alike and sums the log-dets. */
export const blockSums: MeasuringCombinatorLaw = {
  name: "block-sums",
  grade: "required",
  statement: "block(a, 1): y[i] = a(x[i]), logDet = Σᵢ logDet a(x[i])",
  // With a context, the batch axis that moves into the event would need its own context.
  applies: ({ pair }) => pair.layer.contextShape === undefined,
  check: (subject, sample, judge) =>
    sameResults(judge, runPair(judge, subject, sample, twoSlices), bothDirections),
}
