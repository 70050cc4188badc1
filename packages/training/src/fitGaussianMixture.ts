import { makeKey, uniformValues } from "@pushforward/core"
import { cholesky } from "./cholesky.ts"
import type { Rows } from "./rows.ts"

/** What {@link fitGaussianMixture} takes. */
export interface GaussianMixtureFitOptions {
  /** How many, `K`. */
  readonly components: number
  /** Seed of the start. Default 0. */
  readonly seed?: number
  /** Rounds of EM, at most. Default 100. */
  readonly rounds?: number
}

/** A mixture, as `gaussianMixture` of `@pushforward/distributions` takes it. */
export interface GaussianMixtureFit {
  /** `[K]`, which sum to 1. */
  readonly weights: ReadonlyArray<number>
  /** `[K, d]`. */
  readonly loc: ReadonlyArray<ReadonlyArray<number>>
  /** `[K, d, d]`. */
  readonly scaleTril: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>
  /** Of the rows, in nats per row. */
  readonly logLikelihood: number
}

/** Added to the variances of components, as a share of those of the columns: no component is as narrow as one row. */
const floor = 1e-6

/** Rounds that gain less, in nats per row, are the last. */
const leastGain = 2e-5

/** Rounds of k-means before those of EM. */
const startRounds = 10

/** Rows in units of their columns' deviations from their means. */
const standardised = ({ values, shape }: Rows) => {
  const [count, d] = shape as readonly [number, number]
  const mean = new Float64Array(d)
  const deviation = new Float64Array(d)
  values.forEach((x, i) => (mean[i % d]! += x / count))
  values.forEach((x, i) => (deviation[i % d]! += (x - mean[i % d]!) ** 2 / count))
  for (let j = 0; j < d; j++) deviation[j] = Math.sqrt(deviation[j]!) || 1
  const units = Float64Array.from(values, (x, i) => (x - mean[i % d]!) / deviation[i % d]!)
  return { count, d, mean, deviation, units }
}

/** What components are made of: their shares of the rows summed, and of the rows' elements and products. */
interface Sums {
  readonly shares: Float64Array
  readonly elements: Float64Array
  readonly products: Float64Array
}

const noSums = (components: number, d: number): Sums => ({
  shares: new Float64Array(components),
  elements: new Float64Array(components * d),
  products: new Float64Array(components * d * d),
})

/** Adds a share of the row at `at` to a component. */
const addShare = (
  { shares, elements, products }: Sums,
  component: number,
  share: number,
  units: Float64Array,
  at: number,
  d: number,
): void => {
  shares[component]! += share
  for (let i = 0; i < d; i++) {
    const part = share * units[at + i]!
    elements[component * d + i]! += part
    const row = (component * d + i) * d
    for (let j = 0; j <= i; j++) products[row + j]! += part * units[at + j]!
  }
}

/** A component ready to score rows: `log π N(x; μ, L Lᵀ)` is `constant − ½ |L⁻¹ (x − μ)|²`. */
interface Component {
  readonly share: number
  readonly mean: Float64Array
  readonly factor: Float64Array
  readonly inverse: Float64Array
  readonly constant: number
}

/** The components of the greatest likelihood for these sums; those without rows are left out. */
const componentsOf = (sums: Sums, count: number, d: number): ReadonlyArray<Component> =>
  Array.from(sums.shares, (total, k): ReadonlyArray<Component> => {
    if (!(total > 1e-3)) return []
    const mean = sums.elements.slice(k * d, (k + 1) * d).map((sum) => sum / total)
    const covariance = sums.products.slice(k * d * d, (k + 1) * d * d).map((sum, at) => {
      const [i, j] = [Math.floor(at / d), at % d]
      return sum / total - mean[i]! * mean[j]! + (i === j ? floor : 0)
    })
    const factor = cholesky(covariance, d)
    let constant = Math.log(total / count) - (d / 2) * Math.log(2 * Math.PI)
    for (let i = 0; i < d; i++) constant -= Math.log(factor[i * d + i]!)
    return [{ share: total / count, mean, factor, inverse: inverseOf(factor, d), constant }]
  }).flat()

/** Of a lower triangular matrix. */
const inverseOf = (factor: Float64Array, d: number): Float64Array => {
  const inverse = new Float64Array(d * d)
  for (let j = 0; j < d; j++) {
    for (let i = j; i < d; i++) {
      let rest = i === j ? 1 : 0
      for (let k = j; k < i; k++) rest -= factor[i * d + k]! * inverse[k * d + j]!
      inverse[i * d + j] = rest / factor[i * d + i]!
    }
  }
  return inverse
}

/** Components that are this many nats less likely than the likeliest have no share of a row. */
const negligible = 25

/** Shares every row among the components by how likely they make it. Gives the sums and the mean log-likelihood. */
const expectation = (components: ReadonlyArray<Component>, units: Float64Array, d: number) => {
  const count = components.length
  const sums = noSums(count, d)
  // Side by side: the loops below take nearly all the time.
  const means = Float64Array.from(components.flatMap(({ mean }) => Array.from(mean)))
  const inverses = Float64Array.from(components.flatMap(({ inverse }) => Array.from(inverse)))
  const each = new Float64Array(count)
  const off = new Float64Array(d)
  let total = 0
  for (let at = 0; at < units.length; at += d) {
    let most = -Infinity
    for (let k = 0; k < count; k++) {
      let squares = 0
      for (let i = 0; i < d; i++) {
        off[i] = units[at + i]! - means[k * d + i]!
        const row = (k * d + i) * d
        let z = 0
        for (let j = 0; j <= i; j++) z += inverses[row + j]! * off[j]!
        squares += z * z
      }
      each[k] = components[k]!.constant - squares / 2
      if (each[k]! > most) most = each[k]!
    }
    let sum = 0
    for (let k = 0; k < count; k++) {
      const less = most - each[k]!
      sum += each[k] = less < negligible ? Math.exp(-less) : 0
    }
    for (let k = 0; k < count; k++) {
      if (each[k]! > 0) addShare(sums, k, each[k]! / sum, units, at, d)
    }
    total += most + Math.log(sum)
  }
  return { sums, logLikelihood: (total * d) / units.length }
}

const squaredDistance = (
  units: Float64Array,
  at: number,
  centres: Float64Array,
  from: number,
  d: number,
): number => {
  let squares = 0
  for (let j = 0; j < d; j++) squares += (units[at + j]! - centres[from + j]!) ** 2
  return squares
}

/** k-means++: rows as centres, each with a probability that goes with its squared distance from those before. */
const firstCentres = (
  units: Float64Array,
  d: number,
  components: number,
  seed: number,
): Float64Array => {
  const count = units.length / d
  const chances = uniformValues(makeKey(seed), components)
  const centres = new Float64Array(components * d)
  const distances = new Float64Array(count).fill(1)
  for (let k = 0; k < components; k++) {
    let rest = chances[k]! * distances.reduce((sum, distance) => sum + distance, 0)
    const chosen = distances.findIndex((distance) => (rest -= distance) < 0)
    const at = Math.max(0, chosen) * d
    centres.set(units.subarray(at, at + d), k * d)
    for (let i = 0; i < count; i++) {
      const distance = squaredDistance(units, i * d, centres, k * d, d)
      distances[i] = k === 0 ? distance : Math.min(distances[i]!, distance)
    }
  }
  return centres
}

/** Gives every row to the nearest centre. */
const nearest = (centres: Float64Array, units: Float64Array, d: number): Sums => {
  const components = centres.length / d
  const sums = noSums(components, d)
  for (let at = 0; at < units.length; at += d) {
    let [component, least] = [0, Infinity]
    for (let k = 0; k < components; k++) {
      const distance = squaredDistance(units, at, centres, k * d, d)
      if (distance < least) [component, least] = [k, distance]
    }
    addShare(sums, component, 1, units, at, d)
  }
  return sums
}

/** k-means from the first centres. */
const start = (units: Float64Array, d: number, components: number, seed: number): Sums => {
  let sums = nearest(firstCentres(units, d, components, seed), units, d)
  for (let round = 0; round < startRounds; round++) {
    const { shares, elements } = sums
    const centres = elements.map((sum, at) => sum / Math.max(1, shares[Math.floor(at / d)]!))
    sums = nearest(centres, units, d)
  }
  return sums
}

/**
 * Fits a mixture of multivariate normal distributions by expectation-maximisation (EM), on the host in float64.
 *
 * **When to use**
 *
 * Use as a density that costs seconds, to compare a flow with or to put one on: what it gives goes into `gaussianMixture`
 * of `@pushforward/distributions`. How many components are right, rows will tell that it was not fitted to.
 *
 * **Details**
 *
 * - Starts from ten rounds of k-means, itself from k-means++; ends when a round gains less than 2e-5 nats per row
 * - Variances get a millionth of the columns' added, so that no component narrows down to a row
 * - Components that lose their rows are left out: there may be fewer than asked for
 * - Shapes: `rows: [n, d]`
 * - Throws: `RangeError` unless `components` is a whole number from 1 to `n`
 * - Sources: Dempster, Laird and Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm", 1977; Arthur and
 *   Vassilvitskii, "k-means++: The Advantages of Careful Seeding", 2007
 *
 * **Example** (Two heaps)
 *
 * ```ts
 * import { fitGaussianMixture } from "@pushforward/training"
 *
 * const values = Float32Array.of(-3, -2, -1, 9, 10, 11)
 * const fitted = fitGaussianMixture({ shape: [6, 1], dtype: "float32", values }, { components: 2 })
 * fitted.loc.map(([mean]) => Math.round(mean!)).toSorted((a, b) => a - b) // => [-2, 10]
 * ```
 *
 * @category constructors
 */
export const fitGaussianMixture = (
  rows: Rows,
  { components, seed = 0, rounds = 100 }: GaussianMixtureFitOptions,
): GaussianMixtureFit => {
  const { count, d, mean, deviation, units } = standardised(rows)
  if (!(Number.isInteger(components) && components > 0 && components <= count)) {
    throw new RangeError(
      `fitGaussianMixture: expected 1 to ${count} components for ${count} rows, got ${components}. Give fewer.`,
    )
  }
  let mixture = componentsOf(start(units, d, components, seed), count, d)
  let { sums, logLikelihood } = expectation(mixture, units, d)
  for (let round = 0, gain = Infinity; round < rounds && gain >= leastGain; round++) {
    mixture = componentsOf(sums, count, d)
    const next = expectation(mixture, units, d)
    gain = next.logLikelihood - logLikelihood
    ;({ sums, logLikelihood } = next)
  }
  const total = mixture.reduce((sum, { share }) => sum + share, 0)
  return {
    weights: mixture.map(({ share }) => share / total),
    loc: mixture.map((each) => Array.from(each.mean, (m, j) => mean[j]! + deviation[j]! * m)),
    scaleTril: mixture.map(({ factor }) =>
      Array.from(deviation, (scale, i) =>
        Array.from(factor.subarray(i * d, (i + 1) * d), (value) => scale * value),
      ),
    ),
    logLikelihood: deviation.reduce((sum, scale) => sum - Math.log(scale), logLikelihood),
  }
}
