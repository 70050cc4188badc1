import { jsonSchema } from "../spec/jsonSchema.ts"
import { specRoundTrip } from "../spec/specRoundTrip.ts"
import { cdfQuantile } from "./cdfQuantile.ts"
import { cdfSlope } from "./cdfSlope.ts"
import { distributionContextMatters } from "./contextMatters.ts"
import type { DistributionLaw } from "./DistributionSubject.ts"
import { integratesToOne } from "./integratesToOne.ts"
import { moments } from "./moments.ts"
import { distributionNoTensorLeft } from "./noTensorLeft.ts"
import { outsideSupport } from "./outsideSupport.ts"
import { sampleScores } from "./sampleScores.ts"
import { samplesFollow } from "./samplesFollow.ts"
import { samplesWeighOne } from "./samplesWeighOne.ts"
import { scoreGradient } from "./scoreGradient.ts"
import { distributionShapes } from "./shapes.ts"

/** Every law about a distribution. */
export const distributionLaws: ReadonlyArray<DistributionLaw> = [
  integratesToOne,
  samplesFollow,
  samplesWeighOne,
  moments,
  cdfQuantile,
  cdfSlope,
  outsideSupport,
  sampleScores,
  distributionShapes,
  scoreGradient,
  specRoundTrip,
  jsonSchema,
  distributionContextMatters,
  distributionNoTensorLeft,
]
