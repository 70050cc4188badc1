/**
 * Degrees: what a unit of a masked network may see. A unit of degree `m` sees the inputs of degrees `1 … m`.
 *
 * Source: Germain, Gregor, Murray and Larochelle, "MADE: Masked Autoencoder for Distribution Estimation",
 * arXiv:1502.03509, §3.
 */

/** The order in which the dimensions of a vector come: natural, reversed, or `order[i]` the place of dimension `i`. */
export type Order = "natural" | "reversed" | ReadonlyArray<number>

/** Degrees of one layer's units: inputs `1 … d`, hidden units `0 … d − 1`. */
export type Degrees = ReadonlyArray<number>

/**
 * The degrees of `size` inputs: dimension `i` comes `degrees[i]`-th.
 *
 * **Details**
 *
 * - Throws: `RangeError` when a given order is not a permutation of `0 … size − 1`
 *
 * **Example** (Reversed)
 *
 * ```ts
 * import { inputDegrees } from "@pushforward/made"
 *
 * inputDegrees(3, "reversed") // => [3, 2, 1]
 * ```
 */
export const inputDegrees = (size: number, order: Order = "natural"): Degrees => {
  if (order === "natural") return Array.from({ length: size }, (_, i) => i + 1)
  if (order === "reversed") return Array.from({ length: size }, (_, i) => size - i)
  const isPermutation =
    order.length === size && order.toSorted((a, b) => a - b).every((place, i) => place === i)
  if (!isPermutation) {
    throw new RangeError(
      `order: expected a permutation of 0 … ${size - 1}, got [${order.join(", ")}]. Name every place once.`,
    )
  }
  return order.map((place) => place + 1)
}

/**
 * The degrees of `units` hidden units over `size` inputs: spread evenly over `1 … size − 1` and sorted.
 *
 * **Details**
 *
 * - Over one input every unit has degree 0: it sees the context only
 * - With fewer units than `size − 1`, some degrees have none; the network is still autoregressive
 *
 * **Example** (Four units over three inputs)
 *
 * ```ts
 * import { hiddenDegrees } from "@pushforward/made"
 *
 * hiddenDegrees(4, 3) // => [1, 1, 2, 2]
 * ```
 */
export const hiddenDegrees = (units: number, size: number): Degrees =>
  Array.from({ length: units }, (_, k) =>
    size === 1 ? 0 : 1 + Math.floor((k * (size - 1)) / units),
  )
