import { type BijectorLaw, measuring } from "./BijectorLaw.ts"
import { codomain } from "./codomain.ts"
import { contextMatters } from "./contextMatters.ts"
import { contextReaches } from "./contextReaches.ts"
import { edges } from "./edges.ts"
import { gradients } from "./gradients.ts"
import { increasing } from "./increasing.ts"
import { inverseLogDet } from "./inverseLogDet.ts"
import { jacobianStructure } from "./jacobianStructure.ts"
import { jsonSchema } from "../spec/jsonSchema.ts"
import { logDet } from "./logDet.ts"
import { methodsAgree } from "./methodsAgree.ts"
import { noTensorLeft } from "./noTensorLeft.ts"
import { onto } from "./onto.ts"
import { rearranges } from "./rearranges.ts"
import { roundTripForward } from "./roundTripForward.ts"
import { roundTripInverse } from "./roundTripInverse.ts"
import { rowsIndependent } from "./rowsIndependent.ts"
import { sameKey } from "./sameKey.ts"
import { shapes } from "./shapes.ts"
import { specRoundTrip } from "../spec/specRoundTrip.ts"
import { stateReports } from "./stateReports.ts"
import { traceable } from "./traceable.ts"

/** Every law about a single bijector; those that measure, once for each precision. */
export const bijectorLaws: ReadonlyArray<BijectorLaw> = [
  traceable,
  ...measuring(roundTripInverse),
  ...measuring(roundTripForward),
  ...measuring(logDet),
  ...measuring(inverseLogDet),
  ...measuring(methodsAgree),
  shapes,
  ...measuring(rowsIndependent),
  codomain,
  onto,
  increasing,
  jacobianStructure,
  rearranges,
  ...measuring(gradients),
  sameKey,
  specRoundTrip,
  jsonSchema,
  edges,
  contextMatters,
  ...measuring(contextReaches),
  stateReports,
  noTensorLeft,
]
