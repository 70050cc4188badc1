/**
 * The runner: laws on a subject, as data. It needs no test framework.
 */
import { registerGradients } from "@pushforward/core/gradients"
import * as fc from "fast-check"
import { scoped } from "./internal/scoped.ts"
import type { Precision } from "./judge/Judge.ts"
import { type Grade, holds, type Law, type Measurement } from "./Law.ts"
import type { Subject } from "./Subject.ts"

/** How long to look. */
export interface RunOptions {
  /** Cases per law. Default 10. */
  readonly runs?: number
  /** The seed of all cases: the same seed looks at the same cases. Default 0. */
  readonly seed?: number
  /** The arithmetics in which to measure. Default both; laws of yes and no run in any case. */
  readonly precisions?: ReadonlyArray<Precision>
}

/**
 * What a law said about a subject.
 *
 * **Details**
 *
 * - `law`: its name, which ends in the precision where it measures
 * - `ok`: every case kept it, and at least one said something
 * - `measured`, `tolerance`: of the case furthest beyond its tolerance, or nearest to it
 * - `counterexample`: a complete module that shows the failure, shrunk
 *
 * @category models
 */
export interface LawReport {
  readonly subject: string
  readonly law: string
  readonly grade: Grade
  readonly precision?: Precision
  readonly statement: string
  readonly ok: boolean
  readonly measured: number
  readonly tolerance: number
  readonly runs: number
  /** Cases in which rounding hides the answer. */
  readonly inconclusive: number
  readonly detail?: string
  readonly counterexample?: string
}

const excess = ({ measured, tolerance }: Measurement): number =>
  Number.isNaN(measured) ? Infinity : measured === 0 ? 0 : measured / tolerance

/** A check whose own failure is a broken law, with the error as detail. */
const attempt = <S, C>(law: Law<S, C>, subject: S, sample: C): Measurement => {
  try {
    return scoped(() => law.check(subject, sample))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { measured: Number.NaN, tolerance: 0, detail: `throws: ${message}` }
  }
}

/** Takes simpler cases as long as they fail, at most `budget` attempts. */
const simplify = <C, S extends Subject<C>>(
  law: Law<S, C>,
  subject: S,
  sample: C,
  budget = 40,
): C => {
  let best = sample
  let left = budget
  for (let improved = true; improved && left > 0;) {
    improved = false
    for (const candidate of subject.simpler(best)) {
      if (left-- <= 0) break
      if (!holds(attempt(law, subject, candidate))) {
        best = candidate
        improved = true
        break
      }
    }
  }
  return best
}

const runLaw = <C, S extends Subject<C>>(
  law: Law<S, C>,
  subject: S,
  { runs = 10, seed = 0 }: RunOptions,
): LawReport => {
  let worst: Measurement = { measured: 0, tolerance: 0 }
  let inconclusive = 0
  let count = 0
  const details = fc.check(
    fc.property(subject.cases, (sample) => {
      const measurement = attempt(law, subject, sample)
      count += 1
      if (measurement.inconclusive !== undefined) inconclusive += 1
      else if (count === 1 || excess(measurement) >= excess(worst)) worst = measurement
      return holds(measurement)
    }),
    { numRuns: Math.min(runs, law.most ?? runs), seed },
  )
  const of = {
    subject: subject.name,
    law: law.name,
    grade: law.grade,
    ...(law.precision && { precision: law.precision }),
    statement: law.statement,
    runs: details.numRuns,
    inconclusive,
  }
  if (details.counterexample === null) {
    const silent = inconclusive === count
    return {
      ...of,
      ok: !silent,
      measured: worst.measured,
      tolerance: worst.tolerance,
      ...(silent && {
        detail: "no case could tell: every one is too badly conditioned",
      }),
    }
  }
  const sample = simplify(law, subject, details.counterexample[0])
  const measurement = attempt(law, subject, sample)
  return {
    ...of,
    ok: false,
    measured: measurement.measured,
    tolerance: measurement.tolerance,
    ...(measurement.detail !== undefined && { detail: measurement.detail }),
    counterexample: subject.code(sample, law.call),
  }
}

/** The laws that apply to a subject, in the precisions asked for. */
export const lawsOn = <C, S extends Subject<C>>(
  subject: S,
  laws: ReadonlyArray<Law<S, C>>,
  { precisions = ["float32", "float64"] }: RunOptions,
): ReadonlyArray<Law<S, C>> =>
  laws.filter(
    (law) =>
      (law.precision === undefined || precisions.includes(law.precision)) && law.applies(subject),
  )

/**
 * Runs the laws that apply to a subject: in float32 on TensorFlow.js' current backend, and in float64 on traced graphs.
 *
 * **Details**
 *
 * - Cases come from `seed` alone; failures are shrunk, then printed as a module that can be pasted and run
 * - Pure data comes back: nothing is thrown, nothing is printed
 *
 * **Example** (The identity keeps every law)
 *
 * ```ts
 * import { chain } from "@pushforward/core"
 * import { bijectorLaws, bijectorSubject, runLaws } from "@pushforward/laws"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const reports = runLaws(bijectorSubject({ layer: chain(), eventShape: [2] }), bijectorLaws, { runs: 5 })
 * reports.every((report) => report.ok) // => true
 * ```
 *
 * @category runners
 */
export const runLaws = <C, S extends Subject<C>>(
  subject: S,
  laws: ReadonlyArray<Law<S, C>>,
  options: RunOptions = {},
): ReadonlyArray<LawReport> => {
  registerGradients()
  return lawsOn(subject, laws, options).map((law) => runLaw(law, subject, options))
}
