import { jsonSchema } from "../spec/jsonSchema.ts"
import { specRoundTrip } from "../spec/specRoundTrip.ts"
import { cdfQuantile } from "./cdfQuantile.ts"
import { cdfSlope } from "./cdfSlope.ts"
import { distributionContextMatters } from "./contextMatters.ts"
import type { DistributionLaw } from "./DistributionSubject.ts"
import { integratesToOne } from "./integratesToOne.ts"
import { measuring } from "./measuring.ts"
import { moments } from "./moments.ts"
import { distributionNoTensorLeft } from "./noTensorLeft.ts"
import { outsideSupport } from "./outsideSupport.ts"
import { sameDraw } from "./sameDraw.ts"
import { sampleScores } from "./sampleScores.ts"
import { samplesFollow } from "./samplesFollow.ts"
import { samplesWeighOne } from "./samplesWeighOne.ts"
import { scoreGradient } from "./scoreGradient.ts"
import { distributionShapes } from "./shapes.ts"
import { distributionTraceable } from "./traceable.ts"

/** Every law about a distribution; those that measure, once for each precision. */
export const distributionLaws: ReadonlyArray<DistributionLaw> = [
  distributionTraceable,
  integratesToOne,
  samplesFollow,
  samplesWeighOne,
  moments,
  ...measuring(cdfQuantile),
  ...measuring(cdfSlope),
  outsideSupport,
  ...measuring(sampleScores),
  sameDraw,
  distributionShapes,
  ...measuring(scoreGradient),
  specRoundTrip,
  jsonSchema,
  distributionContextMatters,
  distributionNoTensorLeft,
]
