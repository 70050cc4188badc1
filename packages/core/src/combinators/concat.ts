import * as tf from "@tensorflow/tfjs-core"
import {
  type Bijector,
  type BijectorMethods,
  type Layer,
  type ParametricBijector,
  signature,
  sumEvent,
} from "../Bijector.ts"
import { CompositionError } from "../CompositionError.ts"
import { parts } from "../constraints.ts"
import { assemble } from "../internal/assemble.ts"
import { type Shape, ShapeError, showShape } from "../Shape.ts"

/** A bijector and the number of input elements it takes. */
export type Part<L extends Layer> = readonly [layer: L, size: number]

/**
 * Applies different bijectors to consecutive parts of a vector.
 *
 * **Details**
 *
 * - Forward: `y = [f₁(x[0…n₁)), f₂(x[n₁…n₁+n₂)), …]`; log-det: the sum
 * - Shapes: `x: [...batch, Σ nᵢ]`; parts are elementwise or take vectors, and may change their size
 * - Throws: {@link CompositionError} for a part of event rank above 1, or a size that it does not take
 *
 * **Example** (One positive column, one real)
 *
 * ```ts
 * import { chain, concat } from "@pushforward/core"
 * import { exp } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * concat([exp(), 1], [chain(), 1]).forward(tf.tensor1d([0, 5])).arraySync() // => [1, 5]
 * ```
 *
 * @category combinators
 */
export function concat(...members: ReadonlyArray<Part<Bijector>>): Bijector
export function concat(...members: ReadonlyArray<Part<Layer>>): ParametricBijector
export function concat(...members: ReadonlyArray<Part<Layer>>): Layer {
  if (members.length === 0) {
    throw new CompositionError(
      "concat: expected at least one part, got none. Use chain() for the identity.",
    )
  }
  const layers = members.map(([layer]) => layer)
  const sizesIn = members.map(([, size]) => size)
  layers.forEach((layer) => {
    if (layer.eventRankIn > 1 || layer.eventRankOut > 1) {
      throw new CompositionError(
        `concat: ${layer.name} has events of rank ${layer.eventRankIn}, expected 0 or 1. ` +
          `Reshape matrices to vectors before concat.`,
      )
    }
  })
  const sizesOut = members.map(([layer, size]) => layer.forwardEventShape([size])[0]!)
  const total = (sizes: ReadonlyArray<number>): number => sizes.reduce((n, size) => n + size, 0)
  // TensorFlow.js cannot differentiate a split into one piece.
  const split = (x: tf.Tensor, sizes: ReadonlyArray<number>): ReadonlyArray<tf.Tensor> =>
    sizes.length === 1 ? [x] : tf.split(x, [...sizes], -1)
  const name = `concat(${members.map(([layer, size]) => `${layer.name}: ${size}`).join(", ")})`
  const across =
    (from: number, to: number) =>
    (shape: Shape): Shape => {
      if (shape.at(-1) !== from) {
        throw new ShapeError(
          `${name}: expected a vector of ${from} elements, got an event of shape ${showShape(shape)}. ` +
            `Change the event, or the sizes of the parts.`,
        )
      }
      return [...shape.slice(0, -1), to]
    }
  return assemble(
    signature({
      name,
      eventShapeIn: [total(sizesIn)],
      eventShapeOut: [total(sizesOut)],
      domain: parts(members.map(([layer, size]) => [layer.domain, size])),
      codomain: parts(members.map(([layer], i) => [layer.codomain, sizesOut[i]!])),
      forwardEventShape: across(total(sizesIn), total(sizesOut)),
      inverseEventShape: across(total(sizesOut), total(sizesIn)),
      ...(layers.every((layer) => layer.jacobian?.kind === "diagonal") && {
        jacobian: { kind: "diagonal" } as const,
      }),
    }),
    layers,
    (bijectors): BijectorMethods => {
      const join = (
        results: ReadonlyArray<readonly [tf.Tensor, tf.Tensor]>,
        rank: (bijector: Bijector) => number,
      ): readonly [tf.Tensor, tf.Tensor] => [
        tf.concat(
          results.map(([part]) => part),
          -1,
        ),
        tf.addN(results.map(([, logDet], i) => sumEvent(logDet, 1 - rank(bijectors[i]!)))),
      ]
      return {
        forwardAndLogDet: (x) => {
          const xs = split(x, sizesIn)
          return join(
            bijectors.map((b, i) => b.forwardAndLogDet(xs[i]!)),
            (b) => b.eventRankIn,
          )
        },
        inverseAndLogDet: (y) => {
          const ys = split(y, sizesOut)
          return join(
            bijectors.map((b, i) => b.inverseAndLogDet(ys[i]!)),
            (b) => b.eventRankOut,
          )
        },
      }
    },
  )
}
