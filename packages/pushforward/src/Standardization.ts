import type { Table } from "@pushforward/data"
import type { Rows } from "@pushforward/training"
import { Schema } from "effect"

/**
 * The affine bijector between the user's units and the flow's, one shift and scale for each column.
 *
 * It is part of the density, but is computed on the host in float64: a longitude of −114.064987 has no room for its last
 * digits in float32.
 *
 * - `x = z · scale + shift`, `log |det ∂z/∂x| = −Σ log scale`
 *
 * @category models
 */
export const Standardization = Schema.Struct({
  shift: Schema.Array(Schema.Finite),
  scale: Schema.Array(Schema.Finite.check(Schema.isGreaterThan(0))),
})
export type Standardization = typeof Standardization.Type

/** Mean and standard deviation of each column. */
export const standardizationOf = ({ values, rows, columns }: Table): Standardization => {
  const width = columns.length
  const shift = Array.from({ length: width }, () => 0)
  const squares = Array.from({ length: width }, () => 0)
  // Welford's update: exact for columns far from zero.
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < width; j++) {
      const delta = values[i * width + j]! - shift[j]!
      shift[j]! += delta / (i + 1)
      squares[j]! += delta * (values[i * width + j]! - shift[j]!)
    }
  }
  return { shift, scale: squares.map((sum) => Math.sqrt(sum / rows)) }
}

/** From the user's units to the flow's. */
export const standardize = (
  { shift, scale }: Standardization,
  { values, rows, columns }: Table,
): Rows => {
  const width = columns.length
  return {
    shape: [rows, width],
    dtype: "float32",
    values: Float32Array.from(values, (x, i) => (x - shift[i % width]!) / scale[i % width]!),
  }
}

/** From the flow's units to the user's. */
export const unstandardize = (
  { shift, scale }: Standardization,
  { values, shape }: Rows,
): Float64Array => {
  const width = shape[1]!
  return Float64Array.from(values, (z, i) => z * scale[i % width]! + shift[i % width]!)
}

/** `log |det ∂z/∂x|` from the user's units to the flow's, in nats. */
export const logDetOf = ({ scale }: Standardization): number =>
  -scale.reduce((sum, s) => sum + Math.log(s), 0)
