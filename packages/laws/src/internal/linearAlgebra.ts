/** A matrix in float64, row by row. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array
}

/** The inverse by Gauss-Jordan elimination with row exchange, and `log |det|`; no inverse when singular. */
export const invertMatrix = (
  m: Matrix,
): { readonly logAbsDet: number; readonly inverse: Matrix | undefined } => {
  const n = m.rows
  const a = Float64Array.from(m.values)
  const b = new Float64Array(n * n)
  for (let i = 0; i < n; i++) b[i * n + i] = 1
  let logAbsDet = 0
  for (let k = 0; k < n; k++) {
    let p = k
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[p * n + k]!)) p = i
    const pivot = a[p * n + k]!
    if (Number.isNaN(pivot)) return { logAbsDet: Number.NaN, inverse: undefined }
    if (pivot === 0) return { logAbsDet: -Infinity, inverse: undefined }
    logAbsDet += Math.log(Math.abs(pivot))
    for (const t of [a, b]) {
      for (let j = 0; j < n; j++) {
        const kept = t[k * n + j]!
        t[k * n + j] = t[p * n + j]! / pivot
        if (p !== k) t[p * n + j] = kept
      }
    }
    for (let i = 0; i < n; i++) {
      const factor = a[i * n + k]!
      if (i === k || factor === 0) continue
      for (let j = 0; j < n; j++) {
        a[i * n + j]! -= factor * a[k * n + j]!
        b[i * n + j]! -= factor * b[k * n + j]!
      }
    }
  }
  return { logAbsDet, inverse: { rows: n, columns: n, values: b } }
}

/**
 * The first rows that are linearly independent, as many as there are columns: the free coordinates of the output, in
 * the order in which it is written. For a lower triangular matrix its lower triangle, for a simplex all but its last
 * entry.
 */
export const leadingRows = (m: Matrix): ReadonlyArray<number> => {
  const { rows, columns, values } = m
  const basis: Array<Float64Array> = []
  const chosen: Array<number> = []
  for (let i = 0; i < rows && chosen.length < columns; i++) {
    const row = Float64Array.from(values.subarray(i * columns, (i + 1) * columns))
    const length = Math.hypot(...row)
    for (const unit of basis) {
      const along = row.reduce((sum, v, j) => sum + v * unit[j]!, 0)
      unit.forEach((u, j) => (row[j]! -= along * u))
    }
    const rest = Math.hypot(...row)
    // float32 leaves about 1e-6 of a row that depends on the others.
    if (length > 0 && rest > 1e-4 * length) {
      basis.push(row.map((v) => v / rest))
      chosen.push(i)
    }
  }
  return chosen
}

/** These rows of a matrix. */
export const takeRows = (m: Matrix, rows: ReadonlyArray<number>): Matrix => {
  const values = new Float64Array(rows.length * m.columns)
  rows.forEach((row, i) =>
    values.set(m.values.subarray(row * m.columns, (row + 1) * m.columns), i * m.columns),
  )
  return { rows: rows.length, columns: m.columns, values }
}
