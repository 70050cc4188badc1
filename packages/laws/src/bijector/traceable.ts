import { makeKey } from "@pushforward/core"
import { failure, success } from "../internal/compare.ts"
import { float64 } from "../judge/float64.ts"
import { shownInFloat64 } from "../judge/inEachPrecision.ts"
import type { Host } from "../judge/Judge.ts"
import type { Law } from "../Law.ts"
import { type BijectorCase, makeCase } from "./BijectorCase.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { type Direction, hostInput, paired } from "./evaluate.ts"
import { batched, run } from "./program.ts"
import { inputSlopes, paramSlopes, trainableLeaves, weightsOf } from "./summary.ts"

/** Traces each direction and its gradients. */
const probe = (subject: BijectorSubject): void => {
  const sample = makeCase(subject, makeKey(0), 0, [1])
  const go = (direction: Direction, at: Host): Host => {
    const from = batched(at)
    const [out, logDet] = run(float64, subject, sample, paired[direction], [from])
    const inputs = [from, ...weightsOf(direction, sample, out!, logDet!)]
    run(float64, subject, sample, inputSlopes[direction], inputs)
    if (trainableLeaves(subject).length > 0) {
      run(float64, subject, sample, paramSlopes[direction], inputs)
    }
    return out!
  }
  go("inverse", go("forward", hostInput(subject, sample)))
}

const problems = new WeakMap<BijectorSubject, { readonly problem: string | undefined }>()

/** Why a subject cannot be traced; `undefined` if it can. */
const untraceable = (subject: BijectorSubject): string | undefined => {
  const known = problems.get(subject)
  if (known) return known.problem
  let problem: string | undefined
  try {
    probe(subject)
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  problems.set(subject, { problem })
  return problem
}

/** Whether the laws can judge a subject in float64. */
export const isTraceable = (subject: BijectorSubject): boolean => untraceable(subject) === undefined

/**
 * Both directions and their gradients can be traced: what cannot is not judged in float64, and does not run compiled. A
 * value read on the way or an operation without a rule is named, with its line.
 */
export const traceable: Law<BijectorSubject, BijectorCase> = {
  name: "traceable",
  grade: "required",
  precision: "float64",
  statement: "both directions and their gradients can be traced, for any batch size",
  applies: () => true,
  most: 1,
  call:
    `${shownInFloat64("bijector", ["...bijector.inverseAndLogDet(bijector.forward(x))"])}\n` +
    `console.log(shown) // expected: no error, for x of any batch size`,
  check: (subject) => {
    const problem = untraceable(subject)
    return problem === undefined ? success : failure(problem)
  },
}
