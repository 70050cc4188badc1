import {
  type Bijector,
  constantLogDet,
  constraints,
  makeBijector,
  signature,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { inverseLower } from "./cholesky.ts"

/**
 * Where a posterior is and how large: coordinates in which it looks about like a standard normal.
 *
 * **Details**
 *
 * - `location: [d]`, in free numbers; `scale: [d, d]`, row-major, lower triangular with a positive diagonal
 *
 * @category models
 */
export interface Frame {
  readonly location: Float64Array
  readonly scale: Float64Array
}

const matrix = (values: Float64Array, d: number): tf.Tensor =>
  tf.tensor2d(Float32Array.from(values), [d, d])

/** `log det L`, in nats. */
export const frameLogDet = ({ location, scale }: Frame): number => {
  let sum = 0
  for (let i = 0; i < location.length; i++) sum += Math.log(scale[i * location.length + i]!)
  return sum
}

/** From the frame's coordinates to free numbers: `u = L x + m`. */
export const frameBijector = (frame: Frame): Bijector => {
  const { location, scale } = frame
  const d = location.length
  const back = inverseLower(scale, d)
  const place = (): tf.Tensor => tf.tensor1d(Float32Array.from(location))
  // Rows are multiplied from the right: x Lᵀ.
  const times = (x: tf.Tensor, by: Float64Array): tf.Tensor =>
    tf.reshape(tf.matMul(tf.reshape(x, [-1, d]), matrix(by, d), false, true), x.shape)
  return makeBijector(signature({ name: "frame", eventShapeIn: [d], domain: constraints.real }), {
    forwardAndLogDet: (x) => [
      tf.add(times(x, scale), place()),
      constantLogDet(x, 1, frameLogDet(frame)),
    ],
    inverseAndLogDet: (u) => [
      times(tf.sub(u, place()), back),
      constantLogDet(u, 1, -frameLogDet(frame)),
    ],
  })
}
