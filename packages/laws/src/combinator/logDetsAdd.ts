import { chain, sumEvent } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { type MeasuringCombinatorLaw, type PairProgram, runPair } from "./CombinatorSubject.ts"
import { bothDirections, pairUp, sameResults } from "./same.ts"

const add = (p: tf.Tensor, q: tf.Tensor): tf.Tensor => {
  // An elementwise layer beside one with an event leaves log-dets on the event's axes.
  const rank = Math.min(p.rank, q.rank)
  return tf.add(sumEvent(p, p.rank - rank), sumEvent(q, q.rank - rank))
}

const oneByOne: PairProgram = ({ x, first, second, build, alone }) => {
  const both = build(chain(first.layer, second.layer), [first, second])
  const [a, b] = [alone(first), alone(second)]
  const [u, logDetA] = a.forwardAndLogDet(x)
  const [y, logDetB] = b.forwardAndLogDet(u)
  const [v, backB] = b.inverseAndLogDet(y)
  const [w, backA] = a.inverseAndLogDet(v)
  return [
    ...pairUp(both.forwardAndLogDet(x), [y, add(logDetA, logDetB)]),
    ...pairUp(both.inverseAndLogDet(y), [w, add(backA, backB)]),
  ]
}

/** A chain does one layer after the other, and its log-det is their sum, each at its own input. */
export const logDetsAdd: MeasuringCombinatorLaw = {
  name: "log-dets-add",
  grade: "required",
  statement:
    "chain(a, b): y = b(a(x)), logDet = logDet a(x) + logDet b(a(x)), and backwards for the inverse",
  applies: () => true,
  check: (subject, sample, judge) =>
    sameResults(judge, runPair(judge, subject, sample, oneByOne), bothDirections),
}
