import { sizeOf } from "@pushforward/core"
import { allow, compare } from "../internal/compare.ts"
import { shownInFloat64 } from "../judge/inEachPrecision.ts"
import { drawKey, runDistribution } from "./DistributionSubject.ts"
import type { MeasuringDistributionLaw } from "./measuring.ts"
import { drawsAndScores, noiseInput, scoresAndSlopes } from "./scores.ts"

const count = 16
const given = "const [x, score] = distribution.sampleAndLogProb(key, [5])"

/**
 * `sampleAndLogProbFrom` scores its own draw as `logProb` does. The tolerance grows with the slope of the log density,
 * which amplifies the rounding of the draw.
 */
export const sampleScores: MeasuringDistributionLaw = {
  name: "sample-scores",
  grade: "required",
  statement: "a draw's own score is logProb of it",
  applies: () => true,
  call: {
    float32: `${given}\nscore.print() // expected:\ndistribution.logProb(x).print()`,
    float64:
      `${shownInFloat64("distribution", ["score", "distribution.logProb(x)"], [given])}\n` +
      `console.log(shown[0]!.values) // expected:\nconsole.log(shown[1]!.values)`,
  },
  check: (subject, sample, judge) => {
    const { layer, batchShape } = subject
    const noise = noiseInput(layer.noise(drawKey(sample), [count, ...batchShape]))
    const [x, score] = runDistribution(judge, subject, sample, drawsAndScores, [noise])
    const [again, slope] = runDistribution(judge, subject, sample, scoresAndSlopes, [x!])
    const size = sizeOf(layer.eventShape)
    const logProb = again!.values
    return compare(
      score!.values,
      logProb,
      (i) => {
        let added = 0
        for (let j = i * size; j < (i + 1) * size; j++) {
          added += judge.rounding * Math.abs(slope!.values[j]!) * (1 + Math.abs(x!.values[j]!))
        }
        return allow(judge, added, logProb[i]!)
      },
      "the score of a draw",
    )
  },
}
