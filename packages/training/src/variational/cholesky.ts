/** The lower triangular `L` with `L Lᵀ = S`, row-major `[d, d]`; `undefined` when `S` is not positive definite. */
export const cholesky = (matrix: Float64Array, d: number): Float64Array | undefined => {
  const factor = new Float64Array(d * d)
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j]!
      for (let k = 0; k < j; k++) sum -= factor[i * d + k]! * factor[j * d + k]!
      if (i === j && !(sum > 0)) return undefined
      factor[i * d + j] = i === j ? Math.sqrt(sum) : sum / factor[j * d + j]!
    }
  }
  return factor
}

/** The inverse of a lower triangular matrix, row-major `[d, d]`. */
export const inverseLower = (factor: Float64Array, d: number): Float64Array => {
  const inverse = new Float64Array(d * d)
  for (let j = 0; j < d; j++) {
    inverse[j * d + j] = 1 / factor[j * d + j]!
    for (let i = j + 1; i < d; i++) {
      let sum = 0
      for (let k = j; k < i; k++) sum -= factor[i * d + k]! * inverse[k * d + j]!
      inverse[i * d + j] = sum / factor[i * d + i]!
    }
  }
  return inverse
}

/** The product of a row-major `[d, d]` matrix and a vector. */
export const times = (matrix: Float64Array, vector: ArrayLike<number>): Float64Array => {
  const d = vector.length
  return Float64Array.from({ length: d }, (_, i) => {
    let sum = 0
    for (let j = 0; j < d; j++) sum += matrix[i * d + j]! * vector[j]!
    return sum
  })
}

/** The solution of `L Lᵀ x = b`. */
export const solveLower = (factor: Float64Array, b: Float64Array): Float64Array => {
  const d = b.length
  const x = b.slice()
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < i; k++) x[i]! -= factor[i * d + k]! * x[k]!
    x[i]! /= factor[i * d + i]!
  }
  for (let i = d - 1; i >= 0; i--) {
    for (let k = i + 1; k < d; k++) x[i]! -= factor[k * d + i]! * x[k]!
    x[i]! /= factor[i * d + i]!
  }
  return x
}
