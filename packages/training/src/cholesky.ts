/**
 * The lower triangular `L` with `L Lᵀ` the symmetric `d × d` matrix whose lower half is given, row after row. What is left
 * of a diagonal element is at least a billionth of it, which keeps copies apart.
 */
export const cholesky = (lower: Float64Array, d: number): Float64Array => {
  const factor = new Float64Array(d * d)
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = lower[i * d + j]!
      for (let k = 0; k < j; k++) sum -= factor[i * d + k]! * factor[j * d + k]!
      factor[i * d + j] =
        i === j ? Math.sqrt(Math.max(sum, 1e-9 * lower[i * d + i]!)) : sum / factor[j * d + j]!
    }
  }
  return factor
}
