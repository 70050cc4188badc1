import { foldKey, type RandomKey, randomPermutation } from "@pushforward/core"
import type { Rows } from "../rows.ts"
import { cholesky, solveLower } from "../variational/cholesky.ts"
import { standardNormalCdf } from "./standardNormalCdf.ts"

/** How well a classifier tells two samples apart. */
export interface ClassifierTest {
  /** The share of held-out rows whose sample it names: 0.5 when there is nothing to tell. */
  readonly accuracy: number
  /** `P(accuracy at least as high)` if the samples were of one distribution. */
  readonly pValue: number
}

const folds = 5
/** Above this many columns there are no products of columns. */
const mostProducts = 20
/** Weights of size 1 cost `ridge / 2` nats. */
const ridge = 1

/** 1, the standardised columns, their squares, and the products of two. */
const featuresOf = (row: Float64Array): Float64Array => {
  const features = [1, ...row, ...row.map((v) => v * v)]
  if (row.length <= mostProducts) {
    for (let i = 0; i < row.length; i++) {
      for (let j = 0; j < i; j++) features.push(row[i]! * row[j]!)
    }
  }
  return Float64Array.from(features)
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** Logistic regression with a ridge, by Newton's method. */
const logistic = (
  features: ReadonlyArray<Float64Array>,
  labels: ReadonlyArray<number>,
): Float64Array => {
  const p = features[0]!.length
  let weights: Float64Array = new Float64Array(p)
  for (let iteration = 0; iteration < 30; iteration++) {
    const gradient = weights.map((w) => -ridge * w)
    const hessian = new Float64Array(p * p)
    for (let i = 0; i < p; i++) hessian[i * p + i] = ridge
    features.forEach((f, row) => {
      const probability = 1 / (1 + Math.exp(-dot(weights, f)))
      const curvature = probability * (1 - probability)
      for (let i = 0; i < p; i++) {
        gradient[i]! += (labels[row]! - probability) * f[i]!
        const scaled = curvature * f[i]!
        for (let j = 0; j <= i; j++) hessian[i * p + j]! += scaled * f[j]!
      }
    })
    const step = solveLower(cholesky(hessian, p)!, gradient)
    weights = weights.map((w, i) => w + step[i]!)
    if (Math.sqrt(dot(step, step)) < 1e-6) break
  }
  return weights
}

/**
 * The classifier two-sample test: if no classifier can tell the model's draws from data, they are of one distribution.
 *
 * **Details**
 *
 * - The classifier is a logistic regression on the standardised columns, their squares and, up to 20 columns, the products of
 *   two, with a ridge: it sees means, variances and correlations, and little else
 * - `accuracy` over 5 folds, on rows that the classifier was not fitted to; of the larger sample only as many rows are taken
 *   as of the smaller
 * - `pValue = 1 − Φ((accuracy − ½) 2 √n)`, `n` the number of rows
 * - Throws: `RangeError` for fewer than 10 rows in either sample, or different numbers of columns
 * - Source: Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", arXiv:1610.06545
 *
 * **Example** (Two samples a standard deviation apart)
 *
 * ```ts
 * import { makeKey, normalValues } from "@pushforward/core"
 * import { classifierTest } from "@pushforward/training"
 *
 * const values = normalValues(makeKey(0), 200)
 * const x = { shape: [200, 1], dtype: "float32", values } as const
 * const y = { ...x, values: normalValues(makeKey(1), 200).map((z) => z + 1) }
 * classifierTest(x, y, makeKey(2)).pValue < 1e-6 // => true
 * ```
 */
export const classifierTest = (x: Rows, y: Rows, key: RandomKey): ClassifierTest => {
  const size = Math.min(x.shape[0]!, y.shape[0]!)
  const d = x.shape[1]
  if (size < 10 || d !== y.shape[1] || d === undefined) {
    throw new RangeError(
      `classifierTest: expected two tables of 10 rows or more with the same columns, got [${x.shape.join(", ")}] and ` +
        `[${y.shape.join(", ")}]. Select the same columns of both.`,
    )
  }
  const rows = [x, y].flatMap(({ values, shape }, sample) =>
    Array.from(randomPermutation(foldKey(key, sample), shape[0]!).subarray(0, size), (i) =>
      Float64Array.from(values.subarray(i * d, (i + 1) * d)),
    ),
  )
  const labels = rows.map((_, i) => (i < size ? 0 : 1))
  const mean = new Float64Array(d)
  const square = new Float64Array(d)
  for (const row of rows) row.forEach((v, j) => (mean[j]! += v / rows.length))
  for (const row of rows) row.forEach((v, j) => (square[j]! += (v - mean[j]!) ** 2 / rows.length))
  const features = rows.map((row) =>
    featuresOf(row.map((v, j) => (v - mean[j]!) / Math.sqrt(square[j]! || 1))),
  )
  // Both samples are in random order already: every fold has its share of each.
  const foldOf = (i: number): number => (i % size) % folds
  let right = 0
  for (let fold = 0; fold < folds; fold++) {
    const kept = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> =>
      values.filter((_, i) => foldOf(i) !== fold)
    const weights = logistic(kept(features), kept(labels))
    features.forEach((f, i) => {
      if (foldOf(i) === fold && dot(weights, f) > 0 === (labels[i] === 1)) right += 1
    })
  }
  const accuracy = right / rows.length
  return { accuracy, pValue: standardNormalCdf((0.5 - accuracy) * 2 * Math.sqrt(rows.length)) }
}
