import { inEachPrecision, type MeasuringLaw } from "../judge/inEachPrecision.ts"
import type {
  DistributionCase,
  DistributionLaw,
  DistributionSubject,
} from "./DistributionSubject.ts"
import { isTraceable } from "./traceable.ts"

/** A law about distributions that measures. */
export type MeasuringDistributionLaw = MeasuringLaw<DistributionSubject, DistributionCase>

/** The law before each judge. */
export const measuring = (law: MeasuringDistributionLaw): ReadonlyArray<DistributionLaw> =>
  inEachPrecision(law, isTraceable)
