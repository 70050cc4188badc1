import type * as tf from "@tensorflow/tfjs-core"
import type { Bijector } from "../Bijector.ts"
import type { LayerObserver } from "../Parametric.ts"

/** The same bijector, with everything it gives shown to an observer. */
export const observed = (
  bijector: Bijector,
  place: string,
  observe: LayerObserver | undefined,
): Bijector => {
  if (observe === undefined) return bijector
  const show =
    (map: Bijector["forwardAndLogDet"]): Bijector["forwardAndLogDet"] =>
    (x: tf.Tensor) => {
      const [value, logDet] = map(x)
      observe([place], bijector.name, value, logDet)
      return [value, logDet]
    }
  return {
    ...bijector,
    forwardAndLogDet: show(bijector.forwardAndLogDet),
    inverseAndLogDet: show(bijector.inverseAndLogDet),
  }
}
