import { containsEvent, sameShape, type Shape, showShape } from "@pushforward/core"
import { violations } from "../internal/compare.ts"
import { buildDistribution, type DistributionLaw, drawKey } from "./DistributionSubject.ts"

/** Draws have the declared shape and lie in the support, whatever the sample shape. */
export const distributionShapes: DistributionLaw = {
  name: "shapes",
  grade: "required",
  statement:
    "sample: [...sample, ...batch, ...event] in the support, logProb: [...sample, ...batch]",
  applies: () => true,
  call: `console.log(distribution.sampleAndLogProb(key, [3]).map((t) => t.shape))`,
  check: ({ layer }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const { batchShape, eventShape, support } = distribution
    const found: Array<string> = []
    const expect = (what: string, got: Shape, expected: Shape): void => {
      if (!sameShape(got, expected)) {
        found.push(`${what} has shape ${showShape(got)}, expected ${showShape(expected)}`)
      }
    }
    expect("eventShape when built", eventShape, layer.eventShape)
    for (const shape of [[], [3], [2, 3]]) {
      const [x, logProb] = distribution.sampleAndLogProb(drawKey(sample), shape)
      const at = `with sample shape ${showShape(shape)}`
      expect(`sample ${at}`, x.shape, [...shape, ...batchShape, ...eventShape])
      expect(`score ${at}`, logProb.shape, [...shape, ...batchShape])
      expect(`logProb ${at}`, distribution.logProb(x).shape, [...shape, ...batchShape])
      const inside = containsEvent(support, x, Math.max(eventShape.length, support.eventRank))
      if (inside.dataSync().some((v) => v === 0)) found.push(`a draw lies outside ${support.name}`)
    }
    return violations(found)
  },
}
