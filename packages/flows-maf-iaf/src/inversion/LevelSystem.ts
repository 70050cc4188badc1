/**
 * Systems of equations that are solved level after level, each level knowing those before it.
 */
import type { Tensor2D } from "@tensorflow/tfjs-core"

/**
 * One layer between the unknowns and what the next unknowns are solved from. All tensors hold units in rows and the batch
 * in columns, so that units are taken and joined without copying a row in pieces.
 *
 * **Details**
 *
 * - A row's result: `r = weight · s + start`, and the result of layer `skip` more where there is one; `s` are the sources
 *   of this layer
 * - What goes into the next layer: `activate(r, given)`, and the source made from layer `skipAfter` more where there is one
 * - `levels`: of the rows, sorted. A row of level `m` has weights for sources of level `m` and below; in the last layer
 *   below only
 *
 * @category models
 */
export interface SystemLayer {
  readonly weight: Tensor2D
  readonly start: Tensor2D
  readonly levels: ReadonlyArray<number>
  readonly activate: (result: Tensor2D, given: Tensor2D | undefined) => Tensor2D
  readonly given?: Tensor2D
  readonly skip?: number
  readonly skipAfter?: number
}

/**
 * Unknowns, and layers from them to what they are solved from.
 *
 * **Details**
 *
 * - `levels`: of the unknowns, sorted, from 1. Level 0 has rows of hidden layers only, which depend on no unknown
 * - `given`: `q` numbers for each unknown, `solve` makes the unknowns of a level from them and from the `p` rows of the
 *   last layer for each, `feed` the `f` sources of the first layer for each. Such rows are ordered by level, then by
 *   number, then by unknown
 *
 * @category models
 */
export interface LevelSystem {
  readonly layers: ReadonlyArray<SystemLayer>
  readonly levels: ReadonlyArray<number>
  readonly given: Tensor2D
  readonly solve: (raw: Tensor2D, given: Tensor2D) => Tensor2D
  readonly feed: (unknowns: Tensor2D, given: Tensor2D) => Tensor2D
}

/** What solving gives: the unknowns, the last layer's rows, and the sources of each layer. */
export interface Solved {
  readonly unknowns: Tensor2D
  readonly raw: Tensor2D
  readonly sources: ReadonlyArray<Tensor2D>
}

/** {@link Solved} for some levels; what has no rows there is left out. */
export interface Part {
  readonly unknowns: Tensor2D | undefined
  readonly raw: Tensor2D | undefined
  readonly sources: ReadonlyArray<Tensor2D | undefined>
}

/** Levels from the first on, before the second. */
export type Range = readonly [from: number, to: number]
