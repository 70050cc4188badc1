import { allowing } from "../judge/Judge.ts"
import { inEachPrecision, type MeasuringLaw } from "../judge/inEachPrecision.ts"
import type { Law } from "../Law.ts"
import type { BijectorCase } from "./BijectorCase.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { isTraceable } from "./traceable.ts"

/** A law about bijectors. */
export type BijectorLaw = Law<BijectorSubject, BijectorCase>

/** A law about bijectors that measures. */
export type MeasuringBijectorLaw = MeasuringLaw<BijectorSubject, BijectorCase>

/** The law before each judge, in the batch shapes that the judge computes in, with the tolerance that a layer declares. */
export const measuring = (law: MeasuringBijectorLaw): ReadonlyArray<BijectorLaw> =>
  inEachPrecision(
    {
      ...law,
      check: (subject, sample, judge) =>
        law.check(
          subject,
          { ...sample, batch: judge.batchOf(sample.batch) },
          allowing(judge, subject.layer.tolerance),
        ),
    },
    isTraceable,
  )
