import * as tf from "@tensorflow/tfjs-core"
import { makeBijector, type ParametricBijector, signature } from "../Bijector.ts"
import { trainable } from "../Params.ts"
import { batchPart, type Shape, sizeOf } from "../Shape.ts"
import type { Transformer } from "../Transformer.ts"

/**
 * A transformer with parameters of its own to train: one set for each element of the event.
 *
 * **Details**
 *
 * - Forward: `yᵢ = f(xᵢ; θᵢ)`; log-det: `Σᵢ log |f′(xᵢ; θᵢ)|`
 * - Trained: each of the transformer's parameters as `[...shape, ...event]`, 0 at first
 * - Shapes: `x: [...batch, ...event]` to `y: [...batch, ...event]`, `logDet: [...batch]`
 *
 * **Example** (The identity at first)
 *
 * ```ts
 * import { rationalQuadraticSpline } from "@pushforward/bijectors"
 * import { elementwise, instantiate, makeKey } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = elementwise(rationalQuadraticSpline(), [2])
 * instantiate(recipe, recipe.init(makeKey(0))).forward(tf.tensor1d([0.5, -4])).arraySync() // => [0.5, -4]
 * ```
 *
 * @category combinators
 */
export const elementwise = (
  { name, parameters, domain, codomain, increasing, build }: Transformer,
  eventShape: Shape,
): ParametricBijector => {
  const of = signature({
    name,
    eventShapeIn: eventShape,
    domain,
    codomain,
    jacobian: { kind: "diagonal" },
    ...(increasing && { increasing }),
  })
  // Transformers act on vectors: the event is laid out as one.
  const size = sizeOf(eventShape)
  const asVector =
    (f: (x: tf.Tensor) => readonly [tf.Tensor, tf.Tensor]) =>
    (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
      const [y, logDet] = f(tf.reshape(x, [...batchPart(x.shape, eventShape.length), size]))
      return [tf.reshape(y, x.shape), tf.sum(logDet, -1)]
    }
  return {
    ...of,
    init: () =>
      Object.fromEntries(
        Object.entries(parameters).map(([leaf, shape]) => [
          leaf,
          trainable([...shape, ...eventShape], 0),
        ]),
      ),
    build: (params) => {
      const bijector = build(
        Object.fromEntries(
          Object.entries(parameters).map(([leaf, shape]) => [
            leaf,
            tf.reshape(params[leaf] as tf.Tensor, [...shape, size]),
          ]),
        ),
      )
      return makeBijector(of, {
        forwardAndLogDet: asVector(bijector.forwardAndLogDet),
        inverseAndLogDet: asVector(bijector.inverseAndLogDet),
      })
    },
  }
}
