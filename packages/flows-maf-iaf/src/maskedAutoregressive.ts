import {
  bijectorKind,
  constantLogDet,
  makeBijector,
  makePlugin,
  type ParametricBijector,
  signature,
  sumEvent,
} from "@pushforward/core"
import { type Activation, activations, made, type MadeOptions } from "@pushforward/made"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { vectorSizes } from "./vectorSizes.ts"

/** A masked autoregressive layer over vectors of `size` dimensions; the rest is the network's. */
export interface MaskedAutoregressiveOptions extends Omit<MadeOptions, "features" | "outputs"> {
  /** The largest `|α|`: one layer scales by at most `exp(±maxLogScale)`. Default 3. */
  readonly maxLogScale?: number
}

/**
 * One layer of a masked autoregressive flow: an affine map of each dimension, given those before it.
 *
 * **Details**
 *
 * - Forward: `yᵢ = xᵢ exp(αᵢ) + μᵢ`, with `(μ, α) = MADE(y)`, so dimension after dimension: `d` passes of the network
 * - Inverse: `xᵢ = (yᵢ − μᵢ) exp(−αᵢ)`: one pass
 * - Log-det: `Σ αᵢ` forward, `−Σ αᵢ` inverse
 * - `α = m tanh(raw / m)`, so that `|α| < m = maxLogScale`: no layer explodes
 * - Shapes: `x: [...batch, d]`, `logDet: [...batch]`
 * - `invert` of it is the layer of an inverse autoregressive flow: one pass forward
 * - Source: Papamakarios, Pavlakou and Murray, "Masked Autoregressive Flow for Density Estimation",
 *   arXiv:1705.07057, eqs. 3-5
 *
 * **Example** (Density in one pass, sampling in three)
 *
 * ```ts
 * import { instantiate, makeKey } from "@pushforward/core"
 * import { maskedAutoregressive } from "@pushforward/flows-maf-iaf"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = maskedAutoregressive({ size: 3 })
 * const layer = instantiate(recipe, recipe.init(makeKey(0)))
 * layer.inverseAndLogDet(tf.zeros([4, 3]))[1].shape // => [4]
 * ```
 *
 * @category constructors
 */
export const maskedAutoregressive = (options: MaskedAutoregressiveOptions): ParametricBijector => {
  const { size, contextSize, maxLogScale = 3 } = options
  const network = made({ ...options, outputs: 2 })
  const degrees = network.structure.dependencies.levels
  const of = signature({
    name: "masked-autoregressive",
    eventShapeIn: [size],
    jacobian: { kind: "triangular", order: degrees },
    ...(contextSize && { contextShape: [contextSize] }),
  })
  return {
    ...of,
    init: network.init,
    build: (params, site) => {
      const net = network.build(params, site)
      const shiftAndLogScale = (y: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
        const [shift, raw] = tf.split(net.apply(y), 2, -1) as [tf.Tensor, tf.Tensor]
        return [shift, tf.mul(maxLogScale, tf.tanh(tf.div(raw, maxLogScale)))]
      }
      return makeBijector(of, {
        forwardAndLogDet: (x) => {
          // Pass k makes the k-th dimension final; the last pass sees all that the log-scales depend on.
          let y = x
          let logDet: tf.Tensor = constantLogDet(x, 1, 0)
          for (let pass = 1; pass <= size; pass++) {
            const [shift, logScale] = shiftAndLogScale(y)
            const turn = tf.tensor1d(
              degrees.map((degree) => degree === pass),
              "bool",
            )
            y = tf.where(turn, tf.add(tf.mul(x, tf.exp(logScale)), shift), y)
            logDet = sumEvent(logScale, 1)
          }
          return [y, logDet]
        },
        inverseAndLogDet: (y) => {
          const [shift, logScale] = shiftAndLogScale(y)
          return [tf.mul(tf.sub(y, shift), tf.exp(tf.neg(logScale))), tf.neg(sumEvent(logScale, 1))]
        },
      })
    },
  }
}

/** The fields that specs of masked autoregressive layers and flows share. */
export const networkFields = {
  hidden: Schema.optionalKey(Schema.Array(Schema.Int.check(Schema.isGreaterThan(0)))),
  activation: Schema.optionalKey(Schema.Literals(Object.keys(activations) as Array<Activation>)),
  maxLogScale: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
}

/** `{ "_tag": "masked-autoregressive", "hidden": [64, 64], ... }`: see {@link maskedAutoregressive}. */
export const maskedAutoregressivePlugin = makePlugin(bijectorKind, "masked-autoregressive", {
  description: "Affine in each dimension given those before it, by a MADE: yᵢ = xᵢ exp(αᵢ) + μᵢ",
  fields: {
    ...networkFields,
    order: Schema.optionalKey(
      Schema.Union([Schema.Literals(["natural", "reversed"]), Schema.Array(Schema.Int)]),
    ),
  },
  examples: [
    { spec: { _tag: "masked-autoregressive", hidden: [8] }, eventShape: [3] },
    {
      spec: { _tag: "masked-autoregressive", hidden: [6, 5], order: [2, 0, 1], activation: "silu" },
      eventShape: [3],
    },
    { spec: { _tag: "masked-autoregressive", hidden: [5] }, eventShape: [2], contextShape: [2] },
    { spec: { _tag: "masked-autoregressive", hidden: [4] }, eventShape: [1] },
  ],
  compile: (spec, site) =>
    Result.map(vectorSizes(site), (sizes) => maskedAutoregressive({ ...spec, ...sizes })),
})
