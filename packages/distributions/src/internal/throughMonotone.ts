import { type Bijector, type Constraint, interiorPoint } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Distribution } from "../Distribution.ts"

/** Two points inside an interval, the smaller first. */
const interiorPair = (constraint: Constraint): readonly [number, number] => {
  const { low, high } = constraint.bounds
  const p = interiorPoint(constraint)
  return Number.isFinite(high)
    ? [p - (high - p) / 2, p]
    : Number.isFinite(low)
      ? [p, p + 1]
      : [0, 1]
}

/** Keeps values between the ends of an interval, which stand for all that lies beyond. */
const within = ({ bounds: { low, high } }: Constraint, y: tf.Tensor): tf.Tensor =>
  low === -Infinity && high === Infinity ? y : tf.clipByValue(y, low, high)

/**
 * The distribution function of a pushforward along the real line, where the base has one.
 *
 * An elementwise bijector of an interval is monotone. Unless it is declared increasing, two of its values tell the
 * direction, element by element.
 */
export const throughMonotone = (
  base: Distribution,
  bijector: Bijector,
): Partial<Pick<Distribution, "cdf" | "logCdf" | "quantile">> => {
  const { cdf, logCdf, quantile } = base
  if (
    bijector.eventRankIn !== 0 ||
    !bijector.domain.elementwise ||
    !bijector.codomain.elementwise
  ) {
    return {}
  }
  const back = (y: tf.Tensor): tf.Tensor => bijector.inverse(within(bijector.codomain, y))
  if (bijector.increasing === true) {
    return {
      ...(cdf && { cdf: (y) => cdf(back(y)) }),
      ...(logCdf && { logCdf: (y) => logCdf(back(y)) }),
      ...(quantile && { quantile: (p) => bijector.forward(quantile(p)) }),
    }
  }
  const upwards = (like: tf.Tensor): tf.Tensor => {
    const [a, b] = interiorPair(bijector.domain)
    return tf.less(
      bijector.forward(tf.fill(like.shape, a)),
      bijector.forward(tf.fill(like.shape, b)),
    )
  }
  const turned = (up: tf.Tensor, p: tf.Tensor): tf.Tensor => tf.where(up, p, tf.sub(1, p))
  return {
    ...(cdf && { cdf: (y) => turned(upwards(y), cdf(back(y))) }),
    ...(quantile && { quantile: (p) => bijector.forward(quantile(turned(upwards(p), p))) }),
  }
}
