/** The curve of a score that tells positives from negatives. */
export interface ReceiverOperatingCharacteristic {
  /** `P(score of a positive > score of a negative)`, ties counting half: 0.5 for no knowledge, 1 for perfect. */
  readonly auc: number
  /** From (0, 0) to (1, 1): the share of negatives and of positives at or above each score, from the greatest down. */
  readonly falsePositiveRate: Float64Array
  readonly truePositiveRate: Float64Array
}

/**
 * The receiver operating characteristic and the area under it, as of a log density that should be lower for outliers.
 *
 * **Details**
 *
 * - `auc = Σ ½ (fₖ − fₖ₋₁)(tₖ + tₖ₋₁)`: equal scores are one step, so ties count half
 * - Shapes: `positives: [n]`, `negatives: [m]`, scores; −∞ is a score
 * - Throws: `RangeError` when either is empty or a score is NaN
 * - Source: Fawcett, "An introduction to ROC analysis", 2006
 *
 * **Example** (One of four pairs is the wrong way round)
 *
 * ```ts
 * import { receiverOperatingCharacteristic } from "@pushforward/training"
 *
 * receiverOperatingCharacteristic([0.9, 0.4], [0.5, 0.1]).auc // => 0.75
 * ```
 */
export const receiverOperatingCharacteristic = (
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
): ReceiverOperatingCharacteristic => {
  const [n, m] = [positives.length, negatives.length]
  const scored = [
    ...Array.from(positives, (score) => ({ score, positive: true })),
    ...Array.from(negatives, (score) => ({ score, positive: false })),
  ]
  if (n === 0 || m === 0 || scored.some(({ score }) => Number.isNaN(score))) {
    throw new RangeError(
      `receiverOperatingCharacteristic: expected scores of positives and of negatives, got ${n} and ${m}` +
        `${n && m ? " with NaN among them" : ""}. Leave out rows that have no score.`,
    )
  }
  scored.sort((a, b) => (a.score === b.score ? 0 : a.score < b.score ? 1 : -1))
  const [falseRates, trueRates] = [[0], [0]]
  let [hits, alarms, auc] = [0, 0, 0]
  scored.forEach(({ score, positive }, i) => {
    if (positive) hits += 1
    else alarms += 1
    if (scored[i + 1]?.score === score) return
    const [x, y] = [alarms / m, hits / n]
    auc += ((x - falseRates.at(-1)!) * (y + trueRates.at(-1)!)) / 2
    falseRates.push(x)
    trueRates.push(y)
  })
  return {
    auc,
    falsePositiveRate: Float64Array.from(falseRates),
    truePositiveRate: Float64Array.from(trueRates),
  }
}
