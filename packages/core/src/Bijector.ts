/**
 * The contract of a bijector: two paired functions from tensors to tensors, and what is known of them beforehand.
 */
import * as tf from "@tensorflow/tfjs-core"
import type { Constraint } from "./Constraint.ts"
import { real } from "./constraints.ts"
import type { Parametric } from "./Parametric.ts"
import {
  batchPart,
  fits,
  overEvent,
  type PartialShape,
  requireEvent,
  type Shape,
  ShapeError,
  showShape,
} from "./Shape.ts"

/**
 * What is declared about the Jacobian `∂forward/∂x`, and checked by the laws.
 *
 * - `"diagonal"`: output `i` depends on input `i` alone
 * - `"triangular"`: output `i` depends on input `j` only if `order[j] ≤ order[i]`
 */
export type JacobianStructure =
  | { readonly kind: "diagonal" }
  | { readonly kind: "triangular"; readonly order: ReadonlyArray<number> }

/**
 * What is known of a bijector before its parameters are: enough to check a composition when it is written.
 *
 * **Details**
 *
 * - `eventRankIn`, `eventRankOut`: the number of event axes on the base and on the data side
 * - `eventShapeIn`, `eventShapeOut`: their sizes as far as fixed, `null` for any
 * - `domain`, `codomain`: where `forward` starts and where it ends
 * - `forwardEventShape`, `inverseEventShape`: event shapes across; throw {@link ShapeError} for one that does not fit
 * - `rearranges`: the output's elements are the input's in another order, so that any elementwise constraint is kept
 * - `contextShape`: set when a context of this shape is required
 * - `tolerance`: set when a direction is iterated: the relative error at which it stops, whatever the precision. The laws
 *   ask for no more
 *
 * @category models
 */
export interface BijectorSignature {
  readonly name: string
  readonly eventRankIn: number
  readonly eventRankOut: number
  readonly eventShapeIn: PartialShape
  readonly eventShapeOut: PartialShape
  readonly domain: Constraint
  readonly codomain: Constraint
  readonly forwardEventShape: (shape: Shape) => Shape
  readonly inverseEventShape: (shape: Shape) => Shape
  readonly increasing?: boolean
  readonly rearranges?: boolean
  readonly jacobian?: JacobianStructure
  readonly contextShape?: Shape
  readonly tolerance?: number
}

/**
 * An invertible, differentiable map from base to data.
 *
 * **Details**
 *
 * - `forward`: base to data; `inverse`: data to base
 * - `logDet`: `log |det ∂y/∂x|` of *this* direction at *its* input, in nats, summed over the event axes
 * - Shapes: `x: [...batch, ...eventIn]` to `y: [...batch, ...eventOut]`, `logDet: [...batch]`
 * - Pure: no state inside, inputs are never disposed; call inside `tf.tidy`
 *
 * @category models
 */
export interface Bijector extends BijectorSignature {
  readonly forwardAndLogDet: (x: tf.Tensor) => readonly [y: tf.Tensor, logDet: tf.Tensor]
  readonly inverseAndLogDet: (y: tf.Tensor) => readonly [x: tf.Tensor, logDet: tf.Tensor]
  readonly forward: (x: tf.Tensor) => tf.Tensor
  readonly inverse: (y: tf.Tensor) => tf.Tensor
}

/** A recipe for a bijector, whose signature is known without its parameters. */
export interface ParametricBijector extends BijectorSignature, Parametric<Bijector> {}

/** What combinators take: a finished bijector or a recipe. */
export type Layer = Bijector | ParametricBijector

/** The optional part of a {@link BijectorSignature}, as constructors take it. */
export type SignatureOptions = Pick<BijectorSignature, "name"> &
  Partial<Omit<BijectorSignature, "eventRankIn" | "eventRankOut">>

/**
 * Completes a signature: elementwise on all of the real line unless said otherwise, the output like the input.
 *
 * @category constructors
 */
export const signature = ({
  eventShapeIn = [],
  eventShapeOut = eventShapeIn,
  domain = real,
  codomain = domain,
  ...rest
}: SignatureOptions): BijectorSignature => {
  const across = (pattern: PartialShape) => (shape: Shape) => {
    if (!fits(shape, pattern)) {
      throw new ShapeError(
        `${rest.name}: expected an event of shape ${showShape(pattern)}, got ${showShape(shape)}. ` +
          `Change the event, or the size of ${rest.name}.`,
      )
    }
    return shape
  }
  return {
    eventRankIn: eventShapeIn.length,
    eventRankOut: eventShapeOut.length,
    eventShapeIn,
    eventShapeOut,
    domain,
    codomain,
    forwardEventShape: across(eventShapeIn),
    inverseEventShape: across(eventShapeOut),
    ...(eventShapeIn.length + eventShapeOut.length === 0 && { jacobian: { kind: "diagonal" } }),
    ...rest,
  }
}

/** What {@link makeBijector} needs beside the signature; `forward` and `inverse` may be given when cheaper alone. */
export type BijectorMethods = Pick<Bijector, "forwardAndLogDet" | "inverseAndLogDet"> &
  Partial<Pick<Bijector, "forward" | "inverse">>

/**
 * Makes a bijector from its signature and its two paired functions, and checks events at every entry.
 *
 * **Details**
 *
 * - Throws: {@link ShapeError} from every method for a tensor without the declared event
 *
 * **Example** (Doubling)
 *
 * ```ts
 * import { makeBijector, signature } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const double = makeBijector(signature({ name: "double" }), {
 *   forwardAndLogDet: (x) => [tf.mul(x, 2), tf.fill(x.shape, Math.LN2)],
 *   inverseAndLogDet: (y) => [tf.div(y, 2), tf.fill(y.shape, -Math.LN2)],
 * })
 * double.forward(tf.scalar(3)).dataSync()[0] // => 6
 * ```
 *
 * @category constructors
 */
export const makeBijector = (of: BijectorSignature, methods: BijectorMethods): Bijector => {
  const { name, eventShapeIn, eventShapeOut } = of
  const {
    forwardAndLogDet,
    inverseAndLogDet,
    forward = (x) => forwardAndLogDet(x)[0],
    inverse = (y) => inverseAndLogDet(y)[0],
  } = methods
  const entering =
    <A>(pattern: PartialShape, f: (x: tf.Tensor) => A) =>
    (x: tf.Tensor): A => {
      requireEvent(name, x, pattern)
      return f(x)
    }
  return {
    ...of,
    forwardAndLogDet: entering(eventShapeIn, forwardAndLogDet),
    inverseAndLogDet: entering(eventShapeOut, inverseAndLogDet),
    forward: entering(eventShapeIn, forward),
    inverse: entering(eventShapeOut, inverse),
  }
}

/** Whether a layer still needs parameters. */
export const isParametric = (layer: Layer): layer is ParametricBijector => "build" in layer

/** Sums the last `rank` axes: from elementwise log-determinants to one per event. */
export const sumEvent = (x: tf.Tensor, rank: number): tf.Tensor => overEvent(tf.sum, x, rank)

/** A log-determinant that does not depend on `x`, as `[...batch]`; `value` broadcasts over the batch. */
export const constantLogDet = (
  x: tf.Tensor,
  eventRank: number,
  value: tf.Tensor | number,
): tf.Tensor => tf.add(tf.zeros(batchPart(x.shape, eventRank) as number[]), value)
