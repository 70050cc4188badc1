import { containsEvent, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { violations } from "../internal/compare.ts"
import { buildDistribution, type DistributionLaw, drawMany } from "./DistributionSubject.ts"

/**
 * Rows outside the support score −∞, so that a batch can be scored whole; a NaN would spoil its mean. Rows inside never
 * score NaN, however far out; on the rim of the support a density may be infinite.
 */
export const outsideSupport: DistributionLaw = {
  name: "outside-support",
  grade: "required",
  statement: "logProb is −∞ outside the support, and never NaN for a number",
  applies: () => true,
  call:
    `const { low, high } = distribution.support.bounds
` +
    `for (const at of [-1e4, low, high, 1e4].filter(Number.isFinite)) {
` +
    `  distribution.logProb(tf.fill([...distribution.batchShape, ...distribution.eventShape], at)).print() // expected: -Infinity outside, never NaN
}`,
  check: ({ layer, batchShape }, sample) => {
    const distribution = buildDistribution(layer, sample)
    const { support, eventShape } = layer
    const whole = [...batchShape, ...eventShape]
    const size = sizeOf(whole)
    const x = drawMany(distribution, sample, 1)
    const { low, high } = support.bounds
    const moves: ReadonlyArray<(v: number, i: number) => number> = [
      (v) => v,
      (v) => v + 1e4,
      (v) => v - 1e4,
      (v) => -v,
      (v, i) => (i === 0 ? v - 100 : v),
      (v, i) => (i === size - 1 ? v + 100 : v),
      ...[low, high]
        .filter(Number.isFinite)
        .flatMap((bound) => [
          (v: number, i: number): number => (i === 0 ? bound : v),
          (): number => bound,
          (v: number, i: number): number => (i === 0 ? bound + (bound === low ? -1e-3 : 1e-3) : v),
        ]),
    ]
    const points = Float32Array.from(moves.flatMap((move) => Array.from(x, move)))
    const rows = tf.tensor(points, [moves.length, ...whole], "float32")
    const inside = containsEvent(
      support,
      rows,
      Math.max(eventShape.length, support.eventRank),
    ).dataSync()
    const logProb = distribution.logProb(rows).dataSync<"float32">()
    const per = size / sizeOf(batchShape)
    return violations(
      Array.from(logProb).flatMap((score, k) => {
        const at = Array.from(points.subarray(k * per, (k + 1) * per), String).join(", ")
        if (Number.isNaN(score)) return [`logProb(${at}) is ${score}`]
        return inside[k] === 0 && score !== -Infinity
          ? [`logProb(${at}) is ${score} outside ${support.name}`]
          : []
      }),
    )
  },
}
