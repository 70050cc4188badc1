/**
 * Sets that tensors live in: the domain and codomain of a bijector, the support of a distribution.
 */
import * as tf from "@tensorflow/tfjs-core"
import type { RandomKey } from "./random.ts"
import { overEvent, type Shape } from "./Shape.ts"

/** The smallest interval that holds every element, and whether it holds its ends. */
export interface Bounds {
  readonly low: number
  readonly high: number
  readonly lowIncluded: boolean
  readonly highIncluded: boolean
}

/**
 * A set of events of rank `eventRank`.
 *
 * **Details**
 *
 * - `contains(x)`: `[...batch, ...event]` to booleans `[...batch]`
 * - `draw(key, shape)`: points well inside the set, for laws; `shape` is the whole tensor's
 * - `elementwise`: the set is exactly its `bounds`, element by element; then `eventRank` is 0
 * - `values`: the values that an element may have, where they are finitely many and few
 * - `within`: sets that hold this one beyond its bounds (a correlation Cholesky factor is a Cholesky factor)
 *
 * @category models
 */
export interface Constraint {
  readonly name: string
  readonly eventRank: number
  readonly bounds: Bounds
  readonly elementwise: boolean
  readonly values?: ReadonlyArray<number>
  readonly within: ReadonlyArray<Constraint>
  readonly contains: (x: tf.Tensor) => tf.Tensor
  readonly draw: (key: RandomKey, shape: Shape) => Float32Array
}

const boundsWithin = (a: Bounds, b: Bounds): boolean =>
  (a.low > b.low || (a.low === b.low && (b.lowIncluded || !a.lowIncluded))) &&
  (a.high < b.high || (a.high === b.high && (b.highIncluded || !a.highIncluded)))

/**
 * Whether every point of `a` is surely a point of `b`. Decided from names, bounds and `within`, never from samples.
 *
 * ```ts
 * import { constraints, isSubset } from "@pushforward/core"
 *
 * isSubset(constraints.positive, constraints.real) // => true
 * isSubset(constraints.real, constraints.positive) // => false
 * ```
 */
export const isSubset = (a: Constraint, b: Constraint): boolean =>
  a.name === b.name ||
  (b.elementwise && boundsWithin(a.bounds, b.bounds)) ||
  a.within.some((wider) => isSubset(wider, b))

/** A point inside an elementwise constraint, to put where an element must not matter. */
export const interiorPoint = ({ bounds: { low, high } }: Constraint): number => {
  if (Number.isFinite(low) && Number.isFinite(high)) return (low + high) / 2
  if (Number.isFinite(low)) return low + 1
  return Number.isFinite(high) ? high - 1 : 0
}

/** `contains` reduced over further event axes, for a constraint of lower rank than the event. */
export const containsEvent = (constraint: Constraint, x: tf.Tensor, eventRank: number): tf.Tensor =>
  overEvent(tf.all, constraint.contains(x), eventRank - constraint.eventRank)
