import { type Bounds, type Constraint, type Shape, sizeOf } from "@pushforward/core"
import type { Distribution } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import { type Rule, ruleFor } from "../internal/quadrature.ts"

/** The middle of sorted numbers and a robust scale. */
const bulk = (values: Float32Array): { readonly centre: number; readonly scale: number } => {
  const sorted = values.toSorted()
  const at = (p: number): number => sorted[Math.floor(p * (sorted.length - 1))]!
  return { centre: at(0.5), scale: Math.max((at(0.84) - at(0.16)) / 2, 1e-6) }
}

/** Every `size`-th number from `offset` on. */
export const column = (values: Float32Array, size: number, offset: number): Float32Array =>
  Float32Array.from({ length: values.length / size }, (_, i) => values[i * size + offset]!)

/** How many points a grid over all the values of an event has, where they are finitely many. */
export const countValues = (support: Constraint, eventShape: Shape): number =>
  (support.values?.length ?? Infinity) ** sizeOf(eventShape)

/** A density on a product grid over one or two event elements, or over all values of more. */
export interface Grid {
  readonly rules: ReadonlyArray<Rule>
  /** `p(x)` at every point, times its weight: the last rule runs fastest. */
  readonly mass: Float64Array
}

/**
 * Evaluates the density on a grid around `samples`, for a distribution without batch over at most two elements, or at all
 * its values where they are finitely many.
 */
export const densityGrid = (distribution: Distribution, samples: Float32Array): Grid => {
  const { eventShape, support } = distribution
  const d = sizeOf(eventShape)
  const unbounded: Pick<Bounds, "low" | "high"> = { low: -Infinity, high: Infinity }
  const rules = Array.from({ length: d }, (_, i) => {
    const { values } = support
    if (values)
      return { points: Float64Array.from(values), weights: Float64Array.from(values, () => 1) }
    const { centre, scale } = bulk(column(samples, d, i))
    const bounds = support.elementwise ? support.bounds : unbounded
    return ruleFor(bounds, centre, scale, d === 1 ? 601 : 181)
  })
  const count = rules[0]!.points.length
  const total = count ** d
  const points = new Float32Array(total * d)
  const mass = new Float64Array(total).fill(1)
  for (let k = 0; k < total; k++) {
    let rest = k
    for (let i = d - 1; i >= 0; i--) {
      const at = rest % count
      rest = (rest - at) / count
      points[k * d + i] = rules[i]!.points[at]!
      mass[k]! *= rules[i]!.weights[at]!
    }
  }
  const logProb = distribution
    .logProb(tf.tensor(points, [total, ...eventShape], "float32"))
    .dataSync<"float32">()
  // A point without weight lies on the rim, where a density need not exist.
  for (let k = 0; k < total; k++) if (mass[k] !== 0) mass[k]! *= Math.exp(logProb[k]!)
  return { rules, mass }
}

/** The cumulative distribution of one element of a grid, as a function. */
export const marginalCdf = ({ rules, mass }: Grid, i: number): ((x: number) => number) => {
  const { points } = rules[i]!
  const count = points.length
  const along = new Float64Array(count)
  mass.forEach((m, k) => {
    along[rules.length === 1 ? k : i === 0 ? Math.floor(k / count) : k % count]! += m
  })
  // Half of a point's mass lies before it.
  const cumulative = new Float64Array(count)
  let sum = 0
  along.forEach((m, k) => {
    cumulative[k] = sum + m / 2
    sum += m
  })
  return (x) => {
    let [a, b] = [0, count - 1]
    const rising = points[count - 1]! >= points[0]!
    if (rising ? x <= points[0]! : x >= points[0]!) return rising ? 0 : 1
    while (b - a > 1) {
      const middle = (a + b) >> 1
      if (rising ? points[middle]! <= x : points[middle]! >= x) a = middle
      else b = middle
    }
    const width = points[b]! - points[a]!
    const t = width === 0 ? 0 : Math.min(1, (x - points[a]!) / width)
    const p = cumulative[a]! + t * (cumulative[b]! - cumulative[a]!)
    return rising ? p : 1 - p
  }
}
