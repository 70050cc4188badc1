/** What {@link bitsPerDimension} takes beside the log-likelihood. */
export interface BitsOptions {
  /** The numbers that one event has. */
  readonly dimensions: number
  /** Steps of the original whole numbers in one unit of the data: 256 for pixels scaled to [0, 1]. Default 1. */
  readonly levels?: number
}

/**
 * A log-likelihood per event in nats as bits per dimension, as image models are compared.
 *
 * **Details**
 *
 * - `−ℓ / (d log 2) + log₂ levels`
 * - Throws: `RangeError` for dimensions or levels that are not positive
 * - Source: Theis, van den Oord and Bethge, "A note on the evaluation of generative models", arXiv:1511.01844, §3.1
 *
 * **Example** (The uniform density of pixels in [0, 1])
 *
 * ```ts
 * import { bitsPerDimension } from "@pushforward/training"
 *
 * bitsPerDimension(0, { dimensions: 784, levels: 256 }) // => 8
 * ```
 */
export const bitsPerDimension = (
  logLikelihood: number,
  { dimensions, levels = 1 }: BitsOptions,
): number => {
  if (!(dimensions > 0 && levels > 0)) {
    throw new RangeError(
      `bitsPerDimension: expected positive dimensions and levels, got ${dimensions} and ${levels}. ` +
        `Dimensions are the numbers in one event.`,
    )
  }
  return -logLikelihood / (dimensions * Math.LN2) + Math.log2(levels)
}
