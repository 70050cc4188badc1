import { type KolmogorovSmirnov, kolmogorovSmirnov } from "./kolmogorovSmirnov.ts"
import { standardNormalCdf } from "./standardNormalCdf.ts"
import type { Rows } from "../rows.ts"

/** One latent dimension: its numbers through the normal distribution function, and the test of their being uniform. */
export interface IntegralTransform extends KolmogorovSmirnov {
  readonly values: Float64Array
}

/**
 * The probability integral transform of each latent dimension: where a flow fits, the inverse sends data to standard
 * normal numbers, and these through Φ to uniform ones.
 *
 * **Details**
 *
 * - `uᵢⱼ = Φ(zᵢⱼ)`, with a Kolmogorov-Smirnov test of each column
 * - Shapes: `latents: [n, d]`, the data through the flow's inverse; gives `d` transforms of `n` values
 * - A test of every column on its own: it does not see dependence between them, and of many columns some p-values are small
 * - Throws: `RangeError` for no rows
 * - Source: Dawid, "Present Position and Potential Developments: Some Personal Views: Statistical Theory: The Prequential
 *   Approach", 1984
 *
 * **Example** (The quartiles)
 *
 * ```ts
 * import { probabilityIntegralTransform } from "@pushforward/training"
 *
 * const latents = { shape: [3, 1], dtype: "float32", values: Float32Array.of(-0.6745, 0, 0.6745) } as const
 * const [column] = probabilityIntegralTransform(latents)
 * column!.values[1] // => 0.5
 * ```
 */
export const probabilityIntegralTransform = ({
  values,
  shape,
}: Rows): ReadonlyArray<IntegralTransform> => {
  const [rows, columns] = shape as readonly [number, number]
  return Array.from({ length: columns }, (_, j) => {
    const uniform = Float64Array.from({ length: rows }, (__, i) =>
      standardNormalCdf(values[i * columns + j]!),
    )
    return { values: uniform, ...kolmogorovSmirnov(uniform) }
  })
}
