/**
 * Who computes what a law compares, and how exactly.
 */
import type { Shape, TensorFunction, TensorSpec } from "@pushforward/core"

/** The arithmetic in which a law measures. */
export type Precision = "float32" | "float64"

/** Numbers with their shape, out of any arithmetic. */
export interface Host {
  readonly values: Float64Array
  readonly shape: Shape
}

/** Numbers that go into a computation. */
export interface Input {
  readonly values: ArrayLike<number>
  readonly shape: Shape
  /** Default `"float32"`: the type of the tensor, not of the arithmetic. */
  readonly dtype?: TensorSpec["dtype"]
  /** Whether the first axis is the batch, whose size changes from case to case. */
  readonly batched?: boolean
}

/**
 * Runs the computations of laws. Each law is written once, as a function of tensors and a comparison of numbers; the
 * judge decides in which arithmetic it runs and how far the numbers may be apart.
 *
 * **Details**
 *
 * - `tolerance`: allowed where nothing amplifies rounding, relative to the larger of one and the magnitude
 * - `agreement`: the same, for two ways of computing one thing
 * - `rounding`: the unit that conditioning amplifies
 * - `most`: what conditioning may add at most, relative to the magnitude, before a place is inconclusive
 * - `differences`: the step of finite differences along a line, and how far a slope may be from them
 * - `batchOf(shape)`: the batch axes in which it computes a case
 * - `run(owner, program, f, inputs)`: what `f` gives. `f` may depend on `owner` and `program` alone: the float64 judge
 *   traces it once for each pair and each set of shapes
 *
 * @category models
 */
export interface Judge {
  readonly precision: Precision
  readonly tolerance: number
  readonly agreement: number
  readonly rounding: number
  readonly most: number
  readonly differences: { readonly step: number; readonly tolerance: number }
  readonly batchOf: (batch: Shape) => Shape
  readonly run: (
    owner: object,
    program: object,
    f: TensorFunction,
    inputs: ReadonlyArray<Input>,
  ) => ReadonlyArray<Host>
}

/**
 * The judge for a subject that declares a `tolerance` of its own, as an iterated inverse does: nothing may be asked to be
 * more exact than that, and slopes amplify it like rounding.
 */
export const allowing = (judge: Judge, tolerance = 0): Judge =>
  tolerance <= judge.rounding
    ? judge
    : {
        ...judge,
        tolerance: Math.max(judge.tolerance, tolerance),
        agreement: Math.max(judge.agreement, tolerance),
        rounding: tolerance,
        most: Math.max(judge.most, 100 * tolerance),
      }
