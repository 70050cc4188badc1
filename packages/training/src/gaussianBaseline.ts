import { cholesky } from "./cholesky.ts"
import type { Rows } from "./rows.ts"

/**
 * The held-out log density of a Gaussian with the training rows' mean and covariance: what any flow should beat.
 *
 * **Details**
 *
 * - `log N(x; m, S) = −½ (d log 2π + log |S| + (x − m)ᵀ S⁻¹ (x − m))`, in nats per row, computed in float64
 * - `S` by maximum likelihood, through its Cholesky factor; a ridge of 1e-9 of the diagonal keeps copies apart
 *
 * @returns the log density of each test row
 */
export const gaussianBaseline = (train: Rows, test: Rows): Float64Array => {
  const [count, d] = train.shape as readonly [number, number]
  const mean = new Float64Array(d)
  for (let i = 0; i < train.values.length; i++) mean[i % d]! += train.values[i]! / count
  const covariance = new Float64Array(d * d)
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < d; i++) {
      const a = train.values[row * d + i]! - mean[i]!
      for (let j = 0; j <= i; j++) {
        covariance[i * d + j]! += (a * (train.values[row * d + j]! - mean[j]!)) / count
      }
    }
  }
  const factor = cholesky(covariance, d)
  let logScale = (d / 2) * Math.log(2 * Math.PI)
  for (let i = 0; i < d; i++) logScale += Math.log(factor[i * d + i]!)
  const whitened = new Float64Array(d)
  return Float64Array.from({ length: test.shape[0]! }, (_, row) => {
    let squares = 0
    for (let i = 0; i < d; i++) {
      let rest = test.values[row * d + i]! - mean[i]!
      for (let j = 0; j < i; j++) rest -= factor[i * d + j]! * whitened[j]!
      whitened[i] = rest / factor[i * d + i]!
      squares += whitened[i]! ** 2
    }
    return -logScale - squares / 2
  })
}
