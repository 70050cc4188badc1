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

/** Asked only when no other law notices: they take longer than the others together. */
const slow = /^gradients/

/** The laws that notice something about a subject, without shrinking: on one case, or on more as long as none does. */
export const caughtBy = <C, S extends Subject<C>>(
  subject: S,
  laws: ReadonlyArray<Law<S, C>>,
  runs: number,
): ReadonlyArray<string> => {
  const cases = fc.sample(subject.cases, { numRuns: runs, seed: 1 })
  const among = (asked: typeof laws, samples: ReadonlyArray<C>): ReadonlyArray<string> =>
    asked
      .filter((law) => law.applies(subject))
      .filter((law) => samples.slice(0, law.most).some((sample) => notices(law, subject, sample)))
      .map((law) => law.name)
  const quick = laws.filter((law) => !slow.test(law.name))
  const stages = [
    () =>
      among(
        quick.filter(({ precision }) => precision !== "float64"),
        cases.slice(0, 1),
      ),
    () =>
      among(
        quick.filter(({ precision }) => precision === "float64"),
        cases.slice(0, 1),
      ),
    () => among(laws, cases.slice(0, 3)),
    () => among(laws, cases.slice(3)),
  ]
  return stages.reduce<ReadonlyArray<string>>(
    (caught, stage) => (caught.length > 0 ? caught : stage()),
    [],
  )
}
