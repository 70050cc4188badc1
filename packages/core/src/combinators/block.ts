import {
  type Bijector,
  type BijectorMethods,
  type Layer,
  type ParametricBijector,
  signature,
  sumEvent,
} from "../Bijector.ts"
import { assemble } from "../internal/assemble.ts"
import { type PartialShape, type Shape, ShapeError, showShape } from "../Shape.ts"

/**
 * Treats the last `rank` batch axes as part of the event: the same map on every slice, log-dets summed.
 *
 * **Details**
 *
 * - Forward: `y[i] = f(x[i])`; log-det: `Σᵢ log |det ∂f/∂x[i]|`
 * - Shapes: `x: [...batch, n₁ … n_rank, ...event]`, `logDet: [...batch]`
 *
 * **Example** (One log-det per row)
 *
 * ```ts
 * import { block } from "@pushforward/core"
 * import { exp } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const [, logDet] = block(exp(), 1).forwardAndLogDet(tf.tensor2d([[1, 2], [3, 4]]))
 * logDet.arraySync() // => [3, 7]
 * ```
 *
 * @category combinators
 */
export function block(layer: Bijector, rank: number): Bijector
export function block(layer: Layer, rank: number): ParametricBijector
export function block(layer: Layer, rank: number): Layer {
  if (!Number.isInteger(rank) || rank < 0) {
    throw new RangeError(
      `block: expected a rank of 0, 1, 2, …, got ${rank}. Count the axes to move into the event.`,
    )
  }
  const raise = (pattern: PartialShape): PartialShape => [...Array(rank).fill(null), ...pattern]
  const across =
    (f: (shape: Shape) => Shape, inner: number) =>
    (shape: Shape): Shape => {
      if (shape.length < rank + inner) {
        throw new ShapeError(
          `block(${layer.name}, ${rank}): expected an event of rank ${rank + inner} or more, got ${showShape(shape)}. ` +
            `Lower the rank of the block, or give the event more axes.`,
        )
      }
      return [...shape.slice(0, shape.length - inner), ...f(shape.slice(shape.length - inner))]
    }
  return assemble(
    signature({
      name: `block(${layer.name}, ${rank})`,
      eventShapeIn: raise(layer.eventShapeIn),
      eventShapeOut: raise(layer.eventShapeOut),
      domain: layer.domain,
      codomain: layer.codomain,
      forwardEventShape: across(layer.forwardEventShape, layer.eventRankIn),
      inverseEventShape: across(layer.inverseEventShape, layer.eventRankOut),
      ...(layer.increasing && { increasing: true }),
      ...(layer.rearranges && { rearranges: true }),
      ...(layer.jacobian?.kind === "diagonal" && { jacobian: layer.jacobian }),
    }),
    [layer],
    ([inner]): BijectorMethods => ({
      forwardAndLogDet: (x) => {
        const [y, logDet] = inner!.forwardAndLogDet(x)
        return [y, sumEvent(logDet, rank)]
      },
      inverseAndLogDet: (y) => {
        const [x, logDet] = inner!.inverseAndLogDet(y)
        return [x, sumEvent(logDet, rank)]
      },
      forward: (x) => inner!.forward(x),
      inverse: (y) => inner!.inverse(y),
    }),
  )
}
