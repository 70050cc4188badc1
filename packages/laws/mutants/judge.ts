import { holds, type Law, type Subject } from "../src/index.ts"
import * as tf from "@tensorflow/tfjs-core"
import * as fc from "fast-check"

/** Whether a law notices, on one case. */
const notices = <C, S extends Subject<C>>(law: Law<S, C>, subject: S, sample: C): boolean => {
  let noticed = false
  try {
    tf.tidy(() => {
      const measurement = law.check(subject, sample)
      noticed = !holds(measurement) && measurement.inconclusive === undefined
    })
  } catch {
    noticed = true
  }
  return noticed
}

/** The laws that notice something about a subject in a few cases, without shrinking: names, each once. */
export const caughtBy = <C, S extends Subject<C>>(
  subject: S,
  laws: ReadonlyArray<Law<S, C>>,
  runs = 4,
): ReadonlyArray<string> => {
  const cases = fc.sample(subject.cases, { numRuns: runs, seed: 1 })
  return laws
    .filter((law) => law.applies(subject))
    .filter((law) => cases.slice(0, law.most ?? runs).some((sample) => notices(law, subject, sample)))
    .map((law) => law.name)
}

