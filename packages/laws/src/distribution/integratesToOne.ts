import { sizeOf } from "@pushforward/core"
import { digits } from "../internal/compare.ts"
import { countValues, densityGrid } from "./density.ts"
import {
  buildDistribution,
  type DistributionLaw,
  type DistributionSubject,
  drawMany,
} from "./DistributionSubject.ts"

/** All values can be counted off. */
export const isFinite = ({ layer, batchShape }: DistributionSubject): boolean =>
  batchShape.length === 0 && countValues(layer.support, layer.eventShape) <= 4096

/** One or two elements, and no batch: what quadrature reaches. */
export const isSmall = ({ layer, batchShape }: DistributionSubject): boolean =>
  batchShape.length === 0 && sizeOf(layer.eventShape) <= 2 && layer.support.values === undefined

/**
 * The density integrates to one, in one and two dimensions, by trapezoids after a substitution. The tolerance is 2e-3
 * on the line and 1e-2 in the plane: kinks of a network's activation cost the rule its geometric convergence. Where the
 * values are finitely many, their probabilities sum to one in any number of dimensions, to 1e-5.
 */
export const integratesToOne: DistributionLaw = {
  name: "integrates-to-one",
  grade: "required",
  statement:
    "∫ p(x) dx = 1, by quadrature in one and two dimensions, or Σ p(x) = 1 over all values",
  applies: (subject) => isSmall(subject) || isFinite(subject),
  most: 3,
  call: `const x = distribution.sample(key, [5])\ndistribution.logProb(x).print() // exp of it integrates to one`,
  check: ({ layer }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const { mass } = densityGrid(distribution, drawMany(distribution, sample, 501))
    const integral = mass.reduce((sum, m) => sum + m, 0)
    return {
      measured: Math.abs(integral - 1),
      tolerance: layer.support.values ? 1e-5 : sizeOf(layer.eventShape) === 1 ? 2e-3 : 1e-2,
      detail: `the integral is ${digits(integral)}`,
    }
  },
}
