import type { Matrix } from "../internal/linearAlgebra.ts"
import type { Judge } from "../judge/Judge.ts"
import type { Evaluation } from "./evaluate.ts"

/**
 * How rounding of `from` shows up in `to = g(from)`: `Σⱼ |∂toᵢ/∂fromⱼ| (1 + |fromⱼ|)` times the rounding unit, per
 * element of `to`. The 1 stands for what is added and taken off again on the way, such as a shift.
 */
const spread = (
  rounding: number,
  matrix: Matrix | undefined,
  from: ArrayLike<number>,
  row: number,
): ReadonlyArray<number> => {
  if (matrix === undefined) return []
  const { rows, columns, values } = matrix
  return Array.from({ length: rows }, (_, i) => {
    let sum = 0
    for (let j = 0; j < columns; j++) {
      const slope = Math.abs(values[i * columns + j]!)
      if (slope > 0) sum += slope * (1 + Math.abs(from[row * columns + j]!))
    }
    return rounding * sum
  })
}

/** The error that rounding of `y` leaves in each element of `x = inverse(y)`. */
export const errorOfInverse = (
  { rounding }: Judge,
  { volumes, y }: Evaluation,
): ReadonlyArray<number> =>
  volumes.flatMap(({ inverse }, row) => spread(rounding, inverse, y.values, row))

/** The error that rounding of `x` leaves in each element of `y = forward(x)`. */
export const errorOfForward = (
  { rounding }: Judge,
  { volumes, x }: Evaluation,
): ReadonlyArray<number> =>
  volumes.flatMap(({ forward }, row) => spread(rounding, forward, x.values, row))

/** The error that rounding of the Jacobian's entries leaves in `log |det|`: `Σ |J⁻¹ⱼᵢ| (1 + |Jᵢⱼ|)`, per event. */
export const errorOfLogDet = (
  { rounding }: Judge,
  { volumes }: Evaluation,
): ReadonlyArray<number> =>
  volumes.map(({ forward, inverse }) => {
    if (inverse === undefined) return Infinity
    const { rows, columns, values } = forward
    let sum = 0
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const entry = Math.abs(values[i * columns + j]!)
        if (entry > 0) sum += Math.abs(inverse.values[j * rows + i]!) * (1 + entry)
      }
    }
    return rounding * sum
  })
