/**
 * The standard normal distribution function and its relatives on tensors, accurate in both tails.
 */
import { normalQuantileRationals, type Rational } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { log1p } from "./internal/log1p.ts"
import { withDerivative } from "./internal/withDerivative.ts"

/** `log √(2π)`. */
export const logRootTwoPi = 0.5 * Math.log(2 * Math.PI)

/** `c₀ + x (c₁ + x (c₂ + …))`. */
const horner = (coefficients: ReadonlyArray<number>, x: tf.Tensor): tf.Tensor => {
  const [last, ...rest] = coefficients.toReversed()
  const [next, ...others] = rest
  return others.reduce((sum, c) => tf.add(tf.mul(sum, x), c), tf.add(tf.mul(x, last!), next!))
}

// erfcx(z) = e^(z²) erfc(z) = t · P(2t − 1), t = 1/(1 + 0.4 z), z ≥ 0: Chebyshev interpolation of degree 20, as powers.
// Relative error 2e-14 in float64 and 3e-7 in float32 (test/golden/regenerate.py).
const scaledComplement: ReadonlyArray<number> = [
  0.42161272812228806, 0.32186073977571084, 0.18156564665900038, 0.06850045809467563,
  0.011344620062156094, -0.003357217640511086, -0.001927514354526856, 0.00017568251527243093,
  0.0002810786600726229, -2.331885077857488e-5, -4.504749601747505e-5, 7.799052759770464e-6,
  7.314407782235089e-6, -2.6737042661267758e-6, -9.65358033093199e-7, 7.494160517946477e-7,
  3.89435644690678e-8, -1.516591911401038e-7, 2.1461934974307512e-8, 1.629072643232112e-8,
  -4.398673042362811e-9,
]

const erfcx = (z: tf.Tensor): tf.Tensor => {
  const t = tf.reciprocal(tf.add(tf.mul(z, 0.4), 1))
  return tf.mul(t, horner(scaledComplement, tf.sub(tf.mul(t, 2), 1)))
}

/** The standard normal density. */
const density = (x: tf.Tensor): tf.Tensor =>
  tf.exp(tf.sub(tf.mul(-0.5, tf.square(x)), logRootTwoPi))

/** `Φ(−|x|)`. */
const lowerTail = (x: tf.Tensor): tf.Tensor =>
  tf.mul(tf.mul(0.5, tf.exp(tf.mul(-0.5, tf.square(x)))), erfcx(tf.mul(tf.abs(x), Math.SQRT1_2)))

/**
 * The standard normal distribution function `Φ`, elementwise.
 *
 * **Details**
 *
 * - `Φ(x) = ½ erfc(−x/√2)`, with `erfc` by its scaled form: the lower tail keeps its relative accuracy down to the
 *   smallest float32, which `½ (1 + erf)` loses at `x = −5`
 * - Gradient: `φ(x)`
 *
 * **Example** (A lower tail)
 *
 * ```ts
 * import { ndtr } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * ndtr(tf.scalar(-8)).dataSync()[0]!.toPrecision(4) // => "6.221e-16"
 * ```
 *
 * @category special functions
 */
export const ndtr = (x: tf.Tensor): tf.Tensor => differentiableNdtr(x)

const differentiableNdtr = /* @__PURE__ */ withDerivative(
  (x) => {
    const tail = lowerTail(x)
    return tf.where(tf.less(x, 0), tail, tf.sub(1, tail))
  },
  (x) => density(x),
)

/** `φ(x)/Φ(x)`; about `−x` far below zero. */
const hazard = (x: tf.Tensor): tf.Tensor => differentiableHazard(x)

const differentiableHazard = /* @__PURE__ */ withDerivative(
  (x) => {
    const below = tf.div(Math.sqrt(2 / Math.PI), erfcx(tf.mul(tf.relu(tf.neg(x)), Math.SQRT1_2)))
    return tf.where(tf.less(x, 0), below, tf.div(density(x), tf.sub(1, lowerTail(x))))
  },
  (x) => {
    const h = hazard(x)
    return tf.neg(tf.mul(h, tf.add(x, h)))
  },
)

/**
 * `log Φ(x)`, elementwise: about `−x²/2` far below zero, about `−Φ(−x)` far above.
 *
 * **Details**
 *
 * - Gradient: `φ(x)/Φ(x)`
 *
 * **Example** (Where `Φ` itself is no longer a float32)
 *
 * ```ts
 * import { logNdtr } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * logNdtr(tf.scalar(-20)).dataSync()[0]!.toFixed(3) // => "-203.917"
 * ```
 *
 * @category special functions
 */
export const logNdtr = (x: tf.Tensor): tf.Tensor => differentiableLogNdtr(x)

const differentiableLogNdtr = /* @__PURE__ */ withDerivative((x) => {
  const below = tf.relu(tf.neg(x))
  const far = tf.sub(
    tf.log(tf.mul(0.5, erfcx(tf.mul(below, Math.SQRT1_2)))),
    tf.mul(0.5, tf.square(below)),
  )
  return tf.where(tf.less(x, 0), far, log1p(tf.neg(lowerTail(x))))
}, hazard)

const { central, middle, tail } = normalQuantileRationals

const rational = ({ over, under }: Rational, x: tf.Tensor): tf.Tensor =>
  tf.div(horner(over, x), horner(under, x))

/**
 * The standard normal quantile `Φ⁻¹`, elementwise.
 *
 * **Details**
 *
 * - −∞ at 0, ∞ at 1, NaN outside; relative error about 1e-16 in float64 and 3e-7 in float32, also in the tails
 * - Gradient: `1/φ(Φ⁻¹(p))`
 * - Source: Wichura, "Algorithm AS 241", 1988 (PPND16)
 *
 * **Example** (The 97.5 % point)
 *
 * ```ts
 * import { ndtri } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * ndtri(tf.scalar(0.975)).dataSync()[0]!.toFixed(5) // => "1.95996"
 * ```
 *
 * @category special functions
 */
export const ndtri = (p: tf.Tensor): tf.Tensor => differentiableNdtri(p)

const differentiableNdtri = /* @__PURE__ */ withDerivative(
  (p) => {
    const q = tf.sub(p, 0.5)
    const inner = tf.mul(q, rational(central, tf.sub(0.180625, tf.square(q))))
    const nearest = tf.minimum(p, tf.sub(1, p)) // 1 − p is exact for p > ½
    const r = tf.sqrt(tf.neg(tf.log(nearest)))
    // r is infinite at the ends: keep it finite here, and put the infinity there below.
    const finite = tf.minimum(r, 40)
    const outer = tf.where(
      tf.lessEqual(finite, 5),
      rational(middle, tf.sub(finite, 1.6)),
      rational(tail, tf.sub(finite, 5)),
    )
    const distance = tf.where(tf.equal(nearest, 0), tf.fill(p.shape, Infinity), outer)
    return tf.where(
      tf.lessEqual(tf.abs(q), 0.425),
      inner,
      tf.where(tf.less(q, 0), tf.neg(distance), distance),
    )
  },
  (p) => tf.exp(tf.add(tf.mul(0.5, tf.square(ndtri(p))), logRootTwoPi)),
)
