import { failure, success } from "../internal/compare.ts"
import { float64 } from "../judge/float64.ts"
import { shownInFloat64 } from "../judge/inEachPrecision.ts"
import {
  type DistributionLaw,
  type DistributionSubject,
  drawKey,
  makeCase,
  runDistribution,
} from "./DistributionSubject.ts"
import { drawsAndScores, noiseInput, scoresAndSlopes } from "./scores.ts"

const problems = new WeakMap<DistributionSubject, { readonly problem: string | undefined }>()

/** Why a subject cannot be traced; `undefined` if it can. */
const untraceable = (subject: DistributionSubject): string | undefined => {
  const known = problems.get(subject)
  if (known) return known.problem
  const { layer, batchShape } = subject
  const sample = makeCase(layer, 0)
  let problem: string | undefined
  try {
    const noise = noiseInput(layer.noise(drawKey(sample), [1, ...batchShape]))
    const [x] = runDistribution(float64, subject, sample, drawsAndScores, [noise])
    runDistribution(float64, subject, sample, scoresAndSlopes, [x!])
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  problems.set(subject, { problem })
  return problem
}

/** Whether the laws can judge a subject in float64. */
export const isTraceable = (subject: DistributionSubject): boolean =>
  untraceable(subject) === undefined

/**
 * Draws, scores and their gradients can be traced: what cannot is not judged in float64, and does not run compiled. A
 * value read on the way or an operation without a rule is named, with its line.
 */
export const distributionTraceable: DistributionLaw = {
  name: "traceable",
  grade: "required",
  precision: "float64",
  statement: "draws, scores and their gradients can be traced",
  applies: () => true,
  most: 1,
  call:
    `${shownInFloat64("distribution", ["...distribution.sampleAndLogProb(key, [2])"])}\n` +
    `console.log(shown) // expected: draws and scores`,
  check: (subject) => {
    const problem = untraceable(subject)
    return problem === undefined ? success : failure(problem)
  },
}
