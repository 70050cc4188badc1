/**
 * Degrees: what a unit of a masked network may see. In a plain order, a unit of degree `m` sees the first `m` inputs; in
 * general degrees number sets of inputs, see `dependencies`.
 *
 * Source: Germain, Gregor, Murray and Larochelle, "MADE: Masked Autoencoder for Distribution Estimation",
 * arXiv:1502.03509, §3.
 */
import { type RandomKey, uniformValues } from "@pushforward/core"

/** One number for each unit of a layer. */
export type Degrees = ReadonlyArray<number>

/**
 * Degrees spread evenly over `choices`: each in turn for as many units as the others.
 *
 * **Details**
 *
 * - With fewer units than choices some have none; a network is autoregressive all the same
 *
 * **Example** (Four units over three inputs)
 *
 * ```ts
 * import { sequentialDegrees } from "@pushforward/made"
 *
 * sequentialDegrees(4, [1, 2]) // => [1, 1, 2, 2]
 * ```
 *
 * @category constructors
 */
export const sequentialDegrees = (units: number, choices: Degrees): Degrees =>
  Array.from({ length: units }, (_, k) => choices[Math.floor((k * choices.length) / units)]!)

/**
 * Degrees drawn from `choices`, each as likely as the others.
 *
 * **Example** (Six units over four inputs)
 *
 * ```ts
 * import { makeKey } from "@pushforward/core"
 * import { randomDegrees } from "@pushforward/made"
 *
 * randomDegrees(6, [1, 2, 3], makeKey(2)) // => [2, 3, 3, 1, 2, 3]
 * ```
 *
 * @category constructors
 */
export const randomDegrees = (units: number, choices: Degrees, key: RandomKey): Degrees =>
  Array.from(uniformValues(key, units), (u) => choices[Math.floor(u * choices.length)]!)

/**
 * Degrees in blocks of equally many units, the first block of degree 0. Units that fill no block see everything, and so
 * reach no output.
 *
 * **Details**
 *
 * - `⌊k / ⌊units / blocks⌋⌋`, at most `blocks`: the exclusive masks of TensorFlow Probability's `masked_dense`
 * - Throws: `RangeError` for fewer units than blocks
 *
 * **Example** (Four units over three inputs)
 *
 * ```ts
 * import { blockDegrees, dependencies, inputMask } from "@pushforward/made"
 *
 * const degrees = blockDegrees(4, 3) // 0, 1, 2, 3
 * inputMask(dependencies(3), degrees).values // => [0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1]
 * ```
 *
 * @category constructors
 */
export const blockDegrees = (units: number, blocks: number): Degrees => {
  if (units < blocks) {
    throw new RangeError(
      `degrees: expected at least one unit for each of ${blocks} blocks, got ${units}. ` +
        `Widen the layer, or use sequential degrees.`,
    )
  }
  const width = Math.floor(units / blocks)
  return Array.from({ length: units }, (_, k) => Math.min(Math.floor(k / width), blocks))
}
