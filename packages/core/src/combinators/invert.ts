import type { Bijector, Layer, ParametricBijector } from "../Bijector.ts"
import { isParametric } from "../Bijector.ts"

/** What each inverted layer was made from, so that `invert(invert(b))` is `b`. */
const originals = new WeakMap<object, Layer>()

/**
 * Swaps the directions of a bijector. `invert(invert(b))` is `b` itself.
 *
 * **Details**
 *
 * - Forward: `y = f⁻¹(x)`; log-det: `f`'s inverse log-det; domain and codomain swap
 * - A triangular Jacobian stays triangular in the same order
 *
 * **Example** (The logarithm)
 *
 * ```ts
 * import { invert } from "@pushforward/core"
 * import { exp } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * invert(exp()).forward(tf.scalar(1)).dataSync()[0] // => 0
 * ```
 *
 * @category combinators
 */
export function invert(layer: Bijector): Bijector
export function invert(layer: Layer): ParametricBijector
export function invert(layer: Layer): Layer {
  const original = originals.get(layer)
  if (original) return original
  const swapped = {
    ...layer,
    name: `invert(${layer.name})`,
    eventRankIn: layer.eventRankOut,
    eventRankOut: layer.eventRankIn,
    eventShapeIn: layer.eventShapeOut,
    eventShapeOut: layer.eventShapeIn,
    domain: layer.codomain,
    codomain: layer.domain,
    forwardEventShape: layer.inverseEventShape,
    inverseEventShape: layer.forwardEventShape,
  }
  const inverted: Layer = isParametric(layer)
    ? { ...swapped, init: layer.init, build: (params, site) => invert(layer.build(params, site)) }
    : {
        ...swapped,
        forwardAndLogDet: layer.inverseAndLogDet,
        inverseAndLogDet: layer.forwardAndLogDet,
        forward: layer.inverse,
        inverse: layer.forward,
      }
  originals.set(inverted, layer)
  return inverted
}
