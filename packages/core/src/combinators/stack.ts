import * as tf from "@tensorflow/tfjs-core"
import {
  type Bijector,
  type BijectorMethods,
  type Layer,
  type ParametricBijector,
  signature,
} from "../Bijector.ts"
import { CompositionError } from "../CompositionError.ts"
import { type Constraint, isSubset } from "../Constraint.ts"
import { parts } from "../constraints.ts"
import { assemble } from "../internal/assemble.ts"
import { fits, type PartialShape, type Shape, ShapeError, showShape } from "../Shape.ts"

/**
 * Applies the `i`-th bijector to the `i`-th slice of the event's first axis.
 *
 * **Details**
 *
 * - Forward: `y[i] = fᵢ(x[i])`; log-det: `Σᵢ log |det ∂fᵢ/∂x[i]|`
 * - Shapes: `x: [...batch, n, ...event]`, with `n` the number of bijectors
 * - Throws: {@link CompositionError} unless all take and give events of one shape
 *
 * **Example** (Exponential of the first element only)
 *
 * ```ts
 * import { chain, stack } from "@pushforward/core"
 * import { exp } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * stack(exp(), chain()).forward(tf.tensor1d([0, 5])).arraySync() // => [1, 5]
 * ```
 *
 * @category combinators
 */
export function stack(...layers: ReadonlyArray<Bijector>): Bijector
export function stack(...layers: ReadonlyArray<Layer>): ParametricBijector
export function stack(...layers: ReadonlyArray<Layer>): Layer {
  const [first, ...others] = layers
  if (first === undefined) {
    throw new CompositionError(
      "stack: expected at least one bijector, got none. Use chain() for the identity.",
    )
  }
  for (const other of others) {
    const agrees = (a: PartialShape, b: PartialShape): boolean =>
      a.length === b.length && fits(a, b)
    if (
      !agrees(other.eventShapeIn, first.eventShapeIn) ||
      !agrees(other.eventShapeOut, first.eventShapeOut)
    ) {
      throw new CompositionError(
        `stack: ${first.name} takes events of shape ${showShape(first.eventShapeIn)}, but ${other.name} takes ` +
          `${showShape(other.eventShapeIn)}. Use concat for parts of different size.`,
      )
    }
  }
  const [rankIn, rankOut] = [first.eventRankIn, first.eventRankOut]
  const name = `stack(${layers.map((layer) => layer.name).join(", ")})`
  const across =
    (f: (slice: Shape) => Shape) =>
    ([count, ...slice]: Shape): Shape => {
      if (count !== layers.length) {
        throw new ShapeError(
          `${name}: expected ${layers.length} slices, one per bijector, got an event of shape ` +
            `${showShape(count === undefined ? [] : [count, ...slice])}. Change the event, or the number of bijectors.`,
        )
      }
      return [layers.length, ...f(slice)]
    }
  return assemble(
    signature({
      name,
      eventShapeIn: [layers.length, ...first.eventShapeIn],
      eventShapeOut: [layers.length, ...first.eventShapeOut],
      domain: common(
        layers.map((layer) => [layer.name, layer.domain]),
        rankIn,
      ),
      codomain: common(
        layers.map((layer) => [layer.name, layer.codomain]),
        rankOut,
      ),
      forwardEventShape: across(first.forwardEventShape),
      inverseEventShape: across(first.inverseEventShape),
      ...(layers.every((layer) => layer.jacobian?.kind === "diagonal") && {
        jacobian: { kind: "diagonal" } as const,
      }),
    }),
    layers,
    (bijectors): BijectorMethods => {
      const join = (
        results: ReadonlyArray<readonly [tf.Tensor, tf.Tensor]>,
        axis: number,
      ): readonly [tf.Tensor, tf.Tensor] => [
        tf.stack(
          results.map(([slice]) => slice),
          axis,
        ),
        tf.addN(results.map(([, logDet]) => logDet)),
      ]
      return {
        forwardAndLogDet: (x) => {
          const slices = tf.unstack(x, x.rank - rankIn - 1)
          return join(
            bijectors.map((b, i) => b.forwardAndLogDet(slices[i]!)),
            x.rank - rankIn - 1,
          )
        },
        inverseAndLogDet: (y) => {
          const slices = tf.unstack(y, y.rank - rankOut - 1)
          return join(
            bijectors.map((b, i) => b.inverseAndLogDet(slices[i]!)),
            y.rank - rankOut - 1,
          )
        },
      }
    },
  )
}

/** One constraint for all slices: element by element for scalars, else the same set for every slice. */
const common = (
  members: ReadonlyArray<readonly [name: string, constraint: Constraint]>,
  rank: number,
): Constraint => {
  const [[firstName, first]] = members as [(typeof members)[number]]
  if (rank === 0 && members.every(([, constraint]) => constraint.elementwise)) {
    return parts(members.map(([, constraint]) => [constraint, 1]))
  }
  const odd = members.find(([, c]) => !isSubset(c, first) || !isSubset(first, c))
  if (odd) {
    throw new CompositionError(
      `stack: ${firstName} lives on ${first.name}, but ${odd[0]} on ${odd[1].name}. ` +
        `Slices of rank 1 and above must share their domain and codomain.`,
    )
  }
  return first
}
