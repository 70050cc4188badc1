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
import { type Constraint, interiorPoint } from "../Constraint.ts"
import { parts, real } from "../constraints.ts"
import { assemble } from "../internal/assemble.ts"

/**
 * Applies an elementwise bijector where `mask` is true and copies the rest.
 *
 * **Details**
 *
 * - Forward: `yᵢ = f(xᵢ)` where `mask[i]`, else `xᵢ`; log-det: `Σᵢ mask[i] log |f′(xᵢ)|`
 * - Shapes: `mask: [d]`, `x: [...batch, d]`, `logDet: [...batch]`
 * - Throws: {@link CompositionError} for a bijector that is not elementwise
 *
 * **Example** (Exponential of the second column only)
 *
 * ```ts
 * import { masked } from "@pushforward/core"
 * import { exp } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * masked(exp(), [false, true]).forward(tf.tensor1d([5, 0])).arraySync() // => [5, 1]
 * ```
 *
 * @category combinators
 */
export function masked(layer: Bijector, mask: ReadonlyArray<boolean>): Bijector
export function masked(layer: Layer, mask: ReadonlyArray<boolean>): ParametricBijector
export function masked(layer: Layer, mask: ReadonlyArray<boolean>): Layer {
  if (layer.eventRankIn !== 0) {
    throw new CompositionError(
      `masked: ${layer.name} has events of rank ${layer.eventRankIn}, expected an elementwise bijector. ` +
        `Use concat for a bijector on part of a vector.`,
    )
  }
  const perElement = (constraint: Constraint): Constraint =>
    parts(mask.map((on) => [on ? constraint : real, 1]))
  return assemble(
    signature({
      name: `masked(${layer.name})`,
      eventShapeIn: [mask.length],
      domain: perElement(layer.domain),
      codomain: perElement(layer.codomain),
      jacobian: { kind: "diagonal" },
      ...(layer.increasing && { increasing: true }),
    }),
    [layer],
    ([inner]): BijectorMethods => {
      const pass = (
        x: tf.Tensor,
        side: Constraint,
        f: (x: tf.Tensor) => readonly [tf.Tensor, tf.Tensor],
      ): readonly [tf.Tensor, tf.Tensor] => {
        const on = tf.tensor1d([...mask], "bool")
        // Copied entries may lie outside the domain: keep them out of `f`, or its gradient there is NaN.
        const [y, logDet] = f(tf.where(on, x, tf.fill(x.shape, interiorPoint(side))))
        return [tf.where(on, y, x), sumEvent(tf.where(on, logDet, tf.zerosLike(logDet)), 1)]
      }
      return {
        forwardAndLogDet: (x) => pass(x, inner!.domain, inner!.forwardAndLogDet),
        inverseAndLogDet: (y) => pass(y, inner!.codomain, inner!.inverseAndLogDet),
      }
    },
  )
}
