/**
 * Named parameters over one vector of free numbers, as optimisers and flows move them.
 */
import { bijectTo } from "@pushforward/bijectors"
import {
  type Bijector,
  concat,
  type Constraint,
  constraints,
  containsEvent,
  isSubset,
  makeBijector,
  type Shape,
  ShapeError,
  showShape,
  signature,
  sizeOf,
  sumEvent,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"

/**
 * What is known of one parameter: where it lives, its shape (default `[]`, a number), and, when it is not to be that of
 * {@link bijectTo}, the bijector from free numbers to it.
 */
export type Parameter =
  | Constraint
  | {
      readonly constraint: Constraint
      readonly shape?: Shape
      readonly bijector?: Bijector
    }

/** Parameters by name. */
export type ParameterDeclarations = Readonly<Record<string, Parameter>>

/** One value for each name of `P`. */
export type Named<P, A> = { readonly [K in keyof P]: A }

/**
 * The parameters `P` as one vector, free or in their own units.
 *
 * **Details**
 *
 * - `freeSize`, `size`: the length of the vector of free numbers and of the parameters themselves, in the order declared
 * - `bijector`: from `[...batch, freeSize]` to `[...batch, size]`
 * - `split`: `[...batch, size]` to tensors `[...batch, ...shape]` by name
 *
 * @category models
 */
export interface ParameterSpace<P extends ParameterDeclarations> {
  readonly shapes: Named<P, Shape>
  readonly freeSize: number
  readonly size: number
  readonly bijector: Bijector
  readonly split: (parameters: tf.Tensor) => Named<P, tf.Tensor>
}

/** A tensor of vectors as one of events of another shape. */
const reshapeEvent = (x: tf.Tensor, shape: Shape): tf.Tensor =>
  tf.reshape(x, [...x.shape.slice(0, -1), ...shape])

const vectorsIn = (constraint: Constraint, shape: Shape): Constraint =>
  constraint.elementwise
    ? constraint
    : {
        ...constraint,
        eventRank: 1,
        elementwise: false,
        within: [],
        contains: (x) => containsEvent(constraint, reshapeEvent(x, shape), shape.length),
        draw: (key, whole) => constraint.draw(key, [...whole.slice(0, -1), ...shape]),
      }

/** The bijector of one parameter, between vectors. */
const vectorBijector = (
  name: string,
  constraint: Constraint,
  shape: Shape,
  inner: Bijector,
): readonly [bijector: Bijector, freeSize: number] => {
  const { eventRankIn, eventRankOut, domain } = inner
  if (!isSubset(constraints.real, domain)) {
    throw new RangeError(
      `parameter ${name}: expected a bijector from real numbers, got ${inner.name}, which takes ${domain.name} ones. ` +
        `Put one from real numbers before it: chain(…, ${inner.name}).`,
    )
  }
  if (shape.length < eventRankOut) {
    throw new ShapeError(
      `parameter ${name}: ${inner.name} gives events of rank ${eventRankOut}, but the shape is ${showShape(shape)}. ` +
        `Declare it with its shape: { constraint, shape: [...] }.`,
    )
  }
  const outer = shape.slice(0, shape.length - eventRankOut)
  const free = [...outer, ...inner.inverseEventShape(shape.slice(outer.length))]
  const [size, freeSize] = [sizeOf(shape), sizeOf(free)]
  const across =
    (xs: Shape, ys: Shape, rank: number, map: Bijector["forwardAndLogDet"]) =>
    (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
      const [y, logDet] = map(reshapeEvent(x, xs))
      const flat = tf.reshape(y, [...x.shape.slice(0, -1), sizeOf(ys)])
      return [flat, sumEvent(logDet, xs.length - rank)]
    }
  const bijector = makeBijector(
    signature({
      name,
      eventShapeIn: [freeSize],
      eventShapeOut: [size],
      domain: constraints.real,
      codomain: vectorsIn(constraint, shape),
      forwardEventShape: () => [size],
      inverseEventShape: () => [freeSize],
    }),
    {
      forwardAndLogDet: across(free, shape, eventRankIn, inner.forwardAndLogDet),
      inverseAndLogDet: across(shape, free, eventRankOut, inner.inverseAndLogDet),
    },
  )
  return [bijector, freeSize]
}

/**
 * Lays out named parameters as one vector, and finds the bijector from free numbers onto all of them.
 *
 * **Details**
 *
 * - A parameter is a constraint, for a number, or `{ constraint, shape }`
 * - The bijector is that of `bijectTo` on each parameter, so its log-det is the sum of theirs
 * - Throws: `RangeError` for no parameters, or a bijector that does not take all real numbers; `ShapeError` for a shape
 *   that its constraint does not fit; `CompositionError` for a constraint without a known bijector
 *
 * **Example** (A positive number and two free ones)
 *
 * ```ts
 * import { constraints } from "@pushforward/core"
 * import { parameterSpace } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const space = parameterSpace({
 *   tau: constraints.positive,
 *   theta: { constraint: constraints.real, shape: [2] },
 * })
 * const { tau, theta } = space.split(space.bijector.forward(tf.tensor2d([[0, 5, 6]])))
 * tau.arraySync() // => [1]
 * theta.arraySync() // => [[5, 6]]
 * ```
 *
 * @category constructors
 */
export const parameterSpace = <const P extends ParameterDeclarations>(
  declarations: P,
): ParameterSpace<P> => {
  const members = Object.entries(declarations).map(([name, declared]) => {
    const {
      constraint,
      shape = [],
      bijector = bijectTo(constraint),
    } = "constraint" in declared ? declared : { constraint: declared }
    const [between, freeSize] = vectorBijector(name, constraint, shape, bijector)
    return { name, shape, bijector: between, freeSize }
  })
  if (members.length === 0) {
    throw new RangeError(
      "parameters: expected at least one, got none. Declare them by name: { mu: constraints.real }.",
    )
  }
  const byName = <A>(f: (member: (typeof members)[number], index: number) => A): Named<P, A> =>
    Object.fromEntries(members.map((member, i) => [member.name, f(member, i)])) as Named<P, A>
  const sizes = members.map(({ shape }) => sizeOf(shape))
  const total = (counts: ReadonlyArray<number>): number => counts.reduce((n, k) => n + k, 0)
  return {
    shapes: byName(({ shape }) => shape),
    freeSize: total(members.map(({ freeSize }) => freeSize)),
    size: total(sizes),
    bijector: concat(...members.map(({ bijector, freeSize }) => [bijector, freeSize] as const)),
    split: (parameters) => {
      // TensorFlow.js cannot differentiate a split into one piece.
      const pieces = sizes.length === 1 ? [parameters] : tf.split(parameters, sizes, -1)
      return byName(({ shape }, i) => reshapeEvent(pieces[i]!, shape))
    },
  }
}
