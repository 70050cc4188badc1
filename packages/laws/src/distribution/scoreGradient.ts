import { violations, worstOf } from "../internal/compare.ts"
import { along, compareSlope, signs, towardsBounds } from "../internal/differences.ts"
import { scoped } from "../internal/scoped.ts"
import { shownInFloat64 } from "../judge/inEachPrecision.ts"
import {
  buildDistribution,
  type DistributionProgram,
  drawMany,
  runDistribution,
} from "./DistributionSubject.ts"
import type { MeasuringDistributionLaw } from "./measuring.ts"
import { scoresAndSlopes } from "./scores.ts"

const count = 16

const scores: DistributionProgram = (distribution, x) => [distribution.logProb(x)]

const slope = "tf.grad((t) => tf.sum(distribution.logProb(t)))(x)"
const given = "const x = distribution.sample(key, [5])"
const hint = "// expected: finite, and near the differences"

/** The gradient of the log density is finite at every draw, and that of its differences. */
export const scoreGradient: MeasuringDistributionLaw = {
  name: "score-gradient",
  grade: "required",
  statement: "∂ logProb/∂x is finite at draws and agrees with finite differences",
  applies: () => true,
  call: {
    float32: `${given}\n${slope}.print() ${hint}`,
    float64: `${shownInFloat64("distribution", [slope], [given])}\nconsole.log(shown[0]!.values) ${hint}`,
  },
  check: (subject, sample, judge) => {
    const { layer, batchShape } = subject
    const drawn = scoped(() => drawMany(buildDistribution(layer, sample), sample, count))
    const shape = [count, ...batchShape, ...layer.eventShape]
    const x = Float64Array.from(drawn)
    const [score, gradient] = runDistribution(judge, subject, sample, scoresAndSlopes, [
      { values: x, shape },
    ])
    const infinite = violations(
      Array.from(gradient!.values).flatMap((g, i) =>
        Number.isFinite(g) ? [] : [`the gradient at ${x[i]} is ${g}`],
      ),
    )
    if (infinite.measured > 0) return infinite
    const weights = signs(sample.seed, "weights", score!.values.length)
    const per = x.length / weights.length
    const step = towardsBounds(layer.support.bounds, x, signs(sample.seed, "step", x.length))
    const weighted = gradient!.values.map((g, i) => g * weights[Math.floor(i / per)]!)
    return worstOf([
      infinite,
      compareSlope(judge, "d logProb/dx", ...along(weighted, step), (signed) => {
        const moved = { shape, values: x.map((v, i) => v + signed * step[i]!) }
        const [there] = runDistribution(judge, subject, sample, scores, [moved])
        return there!.values.reduce((sum, s, i) => sum + weights[i]! * s, 0)
      }),
    ])
  },
}
