import type { Rows } from "../rows.ts"

/** The mean distance between the rows of two tables. */
const meanDistance = (a: Rows, b: Rows): number => {
  const [n, d] = a.shape as readonly [number, number]
  const m = b.shape[0]!
  let total = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let squares = 0
      for (let k = 0; k < d; k++) squares += (a.values[i * d + k]! - b.values[j * d + k]!) ** 2
      total += Math.sqrt(squares)
    }
  }
  return total / (n * m)
}

/**
 * The energy distance between two samples: zero when they are the same rows, and in the limit only for one distribution.
 *
 * **Details**
 *
 * - `2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖`, the square of a metric, in the data's units: scale the columns alike first
 * - `X` and `X′` run over all pairs of rows, a row with itself included, so two samples of one distribution are about
 *   `E‖X − X′‖ (1/n + 1/m)` apart
 * - Shapes: `[n, d]` and `[m, d]`; time `O((n + m)² d)`
 * - Throws: `RangeError` for no rows, or different numbers of columns
 * - Source: Székely and Rizzo, "Energy statistics: A class of statistics based on distances", 2013
 *
 * **Example** (Two points)
 *
 * ```ts
 * import { energyDistance } from "@pushforward/training"
 *
 * const point = (x: number) => ({ shape: [1, 1], dtype: "float32", values: Float32Array.of(x) }) as const
 * energyDistance(point(0), point(3)) // => 6
 * ```
 */
export const energyDistance = (x: Rows, y: Rows): number => {
  const [n, m] = [x.shape[0]!, y.shape[0]!]
  if (n === 0 || m === 0 || x.shape[1] !== y.shape[1]) {
    throw new RangeError(
      `energyDistance: expected two tables with the same columns and at least a row each, got ` +
        `[${x.shape.join(", ")}] and [${y.shape.join(", ")}]. Select the same columns of both.`,
    )
  }
  return Math.max(0, 2 * meanDistance(x, y) - meanDistance(x, x) - meanDistance(y, y))
}
