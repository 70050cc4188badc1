import {
  type Constraint,
  containsEvent,
  interiorPoint,
  makeKey,
  overEvent,
  type Shape,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"

/** One event inside the constraint, broadcast to `shape`. */
const inner = (support: Constraint, eventShape: Shape, shape: Shape): tf.Tensor =>
  support.elementwise
    ? tf.add(tf.zeros([...shape]), interiorPoint(support))
    : tf.add(
        tf.zeros([...shape]),
        tf.tensor(support.draw(makeKey(0), eventShape), [...eventShape], "float32"),
      )

/**
 * A log density that is −∞ outside `support` and NaN for NaN: `score` inside. For distributions of your own.
 *
 * **Details**
 *
 * - Events outside are replaced before `score` sees them, so that neither they nor their gradients spoil the others
 * - Shapes: `value: [...batch, ...event]` to `[...batch]`, as `score` gives them
 *
 * **Example** (The exponential distribution)
 *
 * ```ts
 * import { constraints } from "@pushforward/core"
 * import { scoreInside } from "@pushforward/distributions"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const logProb = (x: tf.Tensor) => scoreInside(constraints.nonNegative, [], x, (inside) => tf.neg(inside))
 * logProb(tf.tensor1d([2, -2])).arraySync() // => [-2, -Infinity]
 * ```
 *
 * @category conversions
 */
export const scoreInside = (
  support: Constraint,
  eventShape: Shape,
  value: tf.Tensor,
  score: (inside: tf.Tensor) => tf.Tensor,
): tf.Tensor => {
  const rank = eventShape.length
  const inside = containsEvent(support, value, rank)
  const perElement = tf.reshape(inside, [...inside.shape, ...Array<number>(rank).fill(1)])
  const logProb = score(tf.where(perElement, value, inner(support, eventShape, value.shape)))
  const outside = tf.where(
    overEvent(tf.any, tf.isNaN(value), rank),
    tf.fill(inside.shape, NaN),
    tf.fill(inside.shape, -Infinity),
  )
  return tf.where(inside, logProb, outside)
}
