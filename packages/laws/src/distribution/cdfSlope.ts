import * as tf from "@tensorflow/tfjs-core"
import { compare, relative } from "../internal/compare.ts"
import { scoped } from "../internal/scoped.ts"
import { sideBySide } from "../judge/inEachPrecision.ts"
import {
  buildDistribution,
  type DistributionProgram,
  drawMany,
  runDistribution,
} from "./DistributionSubject.ts"
import type { MeasuringDistributionLaw } from "./measuring.ts"

const slopeAndDensity: DistributionProgram = (distribution, x) => [
  tf.grad((t: tf.Tensor) => tf.sum(distribution.cdf!(t)))(x),
  tf.exp(distribution.logProb(x)),
]

/** The cdf's derivative is the density, to ten times the usual tolerance: the slope is that of an approximation. */
export const cdfSlope: MeasuringDistributionLaw = {
  name: "cdf-slope",
  grade: "required",
  statement: "d cdf(x)/dx = exp(logProb(x))",
  applies: ({ has, layer }) => has.has("cdf") && layer.eventShape.length === 0,
  call: sideBySide(
    "distribution",
    "tf.grad((t) => tf.sum(distribution.cdf!(t)))(x)",
    "tf.exp(distribution.logProb(x))",
    ["const x = distribution.sample(key, [5])"],
  ),
  check: (subject, sample, judge) => {
    const { layer, batchShape } = subject
    const drawn = scoped(() => drawMany(buildDistribution(layer, sample), sample, 32))
    const x = { values: drawn, shape: [32, ...batchShape] }
    const [slope, density] = runDistribution(judge, subject, sample, slopeAndDensity, [x])
    return compare(
      slope!.values,
      density!.values,
      relative(density!.values, 10 * judge.tolerance),
      "d cdf/dx",
    )
  },
}
