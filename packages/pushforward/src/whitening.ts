import type { Rows } from "@pushforward/training"

/**
 * A lower triangular matrix `W` that whitens: rows `z = W u` of standardised `u` are uncorrelated and of unit variance.
 */
export type Whitening = ReadonlyArray<ReadonlyArray<number>>

/** How much of the covariance between columns is taken away, to choose from. All of it: columns that go alone. */
const shrinkages = [0, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1]

/** The least variance that a column keeps given those before it; less is rounding. */
const leastVariance = 1e-10

/**
 * The whitening of standardised rows: the inverse of the Cholesky factor of `(1 − s) S + s diag S`, with `S` the covariance
 * of the training rows and `s` the shrinkage under which a Gaussian scores the validation rows best. `undefined` when
 * columns do best alone.
 *
 * - `gain`: how much better that Gaussian scores the validation rows than columns that go alone, in nats per row
 * - Shapes: `train: [n, d]`, `validation: [m, d]`
 */
export const whiteningOf = (
  train: Rows,
  validation: Rows,
): { readonly whitening: Whitening; readonly gain: number } | undefined => {
  const { mean, covariance } = momentsOf(train)
  const candidates = shrinkages.flatMap((shrinkage) => {
    const factor = cholesky(
      covariance.map((row, i) => row.map((c, j) => (i === j ? c : (1 - shrinkage) * c))),
    )
    if (factor === undefined) return []
    const whitening = inverseOf(factor)
    return [{ whitening, score: scoreOf(whitening, mean, validation) }]
  })
  const alone = candidates.at(-1)!
  const best = candidates.reduce((a, b) => (b.score >= a.score ? b : a))
  return best === alone ? undefined : { whitening: best.whitening, gain: best.score - alone.score }
}

/** `W u`. */
export const whiten = (whitening: Whitening, u: ArrayLike<number>): ReadonlyArray<number> =>
  whitening.map((row) => {
    let sum = 0
    for (let j = 0; j < row.length; j++) sum += row[j]! * u[j]!
    return sum
  })

/** `W⁻¹ z`, by substitution. */
export const unwhiten = (whitening: Whitening, z: ArrayLike<number>): ReadonlyArray<number> => {
  const u: Array<number> = []
  for (const [i, row] of whitening.entries()) {
    let rest = z[i]!
    for (let j = 0; j < i; j++) rest -= row[j]! * u[j]!
    u.push(rest / row[i]!)
  }
  return u
}

/** `log |det W|`. */
export const whiteningLogDet = (whitening: Whitening): number =>
  whitening.reduce((sum, row, i) => sum + Math.log(row[i]!), 0)

const rowsOf = function* ({ values, shape }: Rows): Generator<Rows["values"]> {
  const d = shape[1]!
  for (let at = 0; at < values.length; at += d) yield values.subarray(at, at + d)
}

/** Mean and the lower half of the covariance. */
const momentsOf = (rows: Rows) => {
  const [n, d] = rows.shape as readonly [number, number]
  const mean = new Float64Array(d)
  const covariance = Array.from({ length: d }, (_, i) => Array.from({ length: i + 1 }, () => 0))
  for (const row of rowsOf(rows)) for (let i = 0; i < d; i++) mean[i]! += row[i]! / n
  for (const row of rowsOf(rows)) {
    for (let i = 0; i < d; i++) {
      const off = (row[i]! - mean[i]!) / n
      for (let j = 0; j <= i; j++) covariance[i]![j]! += off * (row[j]! - mean[j]!)
    }
  }
  return { mean, covariance }
}

/** `L` with `L Lᵀ` the symmetric matrix whose lower half is given; nothing when that is as good as singular. */
const cholesky = (
  lower: ReadonlyArray<ReadonlyArray<number>>,
): ReadonlyArray<ReadonlyArray<number>> | undefined => {
  const factor: Array<Array<number>> = []
  for (const [i, given] of lower.entries()) {
    const row: Array<number> = []
    for (let j = 0; j <= i; j++) {
      let sum = given[j]!
      for (let k = 0; k < j; k++) sum -= row[k]! * (j === i ? row[k]! : factor[j]![k]!)
      if (j === i && !(sum > leastVariance)) return undefined
      row.push(j === i ? Math.sqrt(sum) : sum / factor[j]![j]!)
    }
    factor.push(row)
  }
  return factor
}

const inverseOf = (factor: ReadonlyArray<ReadonlyArray<number>>): Whitening =>
  factor.map((_, i) => {
    // Row i of the inverse, from the right: w L = e.
    const w = Array.from({ length: i + 1 }, () => 0)
    for (let j = i; j >= 0; j--) {
      let rest = i === j ? 1 : 0
      for (let k = j + 1; k <= i; k++) rest -= w[k]! * factor[k]![j]!
      w[j] = rest / factor[j]![j]!
    }
    return w
  })

/** The mean log density of rows under the Gaussian that the whitening is made of, up to a constant. */
const scoreOf = (whitening: Whitening, mean: ArrayLike<number>, rows: Rows): number => {
  let squares = 0
  for (const row of rowsOf(rows)) {
    for (const z of whiten(
      whitening,
      row.map((u, j) => u - mean[j]!),
    )) {
      squares += z * z
    }
  }
  return whiteningLogDet(whitening) - squares / 2 / rows.shape[0]!
}
