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

/** The laws that notice something about a subject, without shrinking: in a few cases, or in more if none does. */
export const caughtBy = <C, S extends Subject<C>>(
  subject: S,
  laws: ReadonlyArray<Law<S, C>>,
  runs = 2,
): ReadonlyArray<string> => {
  const cases = fc.sample(subject.cases, { numRuns: 4 * runs, seed: 1 })
  const among = (samples: ReadonlyArray<C>): ReadonlyArray<string> =>
    laws
      .filter((law) => law.applies(subject))
      .filter((law) => samples.slice(0, law.most).some((sample) => notices(law, subject, sample)))
      .map((law) => law.name)
  const quickly = among(cases.slice(0, runs))
  return quickly.length > 0 ? quickly : among(cases.slice(runs))
}
