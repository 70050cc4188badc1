import {
  childParams,
  foldKey,
  normalValues,
  type Params,
  type Parametric,
  type ParamTensors,
  type RandomKey,
  type Shape,
  ShapeError,
  showShape,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { type Activation, activations } from "./activation.ts"
import { type Degrees, hiddenDegrees, inputDegrees, type Order } from "./degrees.ts"
import { hiddenMask, type Mask, outputMask } from "./masks.ts"

/** What a {@link made} network looks like. */
export interface MadeOptions {
  /** The number of dimensions, `d`. */
  readonly size: number
  /** The number of parameters per dimension, `p`. */
  readonly outputs: number
  /** Units of each hidden layer. Default `[64, 64]`. */
  readonly hidden?: ReadonlyArray<number>
  readonly activation?: Activation
  readonly order?: Order
  /** The length of the context, when the network is conditional. */
  readonly contextSize?: number
}

/** A network put to use: `x: [...batch, d]` to `p` tensors `[...batch, d]`. */
export type Network = (x: tf.Tensor) => ReadonlyArray<tf.Tensor>

interface LayerPlan {
  readonly mask: Mask
  /** Initial weights are normal with this standard deviation. */
  readonly deviation: number
}

const plan = (options: MadeOptions): ReadonlyArray<LayerPlan> => {
  const { size, outputs, hidden = [64, 64], order = "natural" } = options
  const inputs = inputDegrees(size, order)
  const layers = [inputs, ...hidden.map((units) => hiddenDegrees(units, size))]
  const last = layers.at(-1)!
  const repeated: Degrees = Array.from({ length: outputs }, () => inputs).flat()
  return [
    ...layers.slice(1).map((to, i) => ({
      mask: hiddenMask(layers[i]!, to),
      // About half of a unit's inputs are masked away, hence the 2.
      deviation: Math.sqrt(2 / (layers[i]!.length + 1)),
    })),
    // Small outputs: a new flow starts near the identity.
    { mask: outputMask(last, repeated), deviation: 0.01 / Math.sqrt(last.length) },
  ]
}

/**
 * A masked autoencoder network: output `i` depends only on the inputs that come before dimension `i`.
 *
 * **Details**
 *
 * - `hₗ = σ((Mₗ ⊙ Wₗ)ᵀ hₗ₋₁ + bₗ)`, with masks `Mₗ` from sorted degrees; a context `c` adds `Vᵀ c` to the first layer
 * - Shapes: `x: [...batch, d]` to `p` tensors `[...batch, d]`, one for each parameter
 * - One dimension works: its parameters depend on the context and the biases alone
 * - Throws: `RangeError` for sizes below 1; {@link ShapeError} when built without the context it needs
 * - Source: Germain et al., "MADE", arXiv:1502.03509, §3-4
 *
 * **Example** (Two parameters for each of three dimensions)
 *
 * ```ts
 * import { instantiate, makeKey } from "@pushforward/core"
 * import { made } from "@pushforward/made"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = made({ size: 3, outputs: 2 })
 * const [shift] = instantiate(recipe, recipe.init(makeKey(0)))(tf.zeros([5, 3]))
 * shift!.shape // => [5, 3]
 * ```
 *
 * @category constructors
 */
export const made = (options: MadeOptions): Parametric<Network> => {
  const { size, outputs, hidden = [64, 64], activation = "tanh", contextSize } = options
  for (const value of [size, outputs, ...hidden, contextSize ?? 1]) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new RangeError(
        `made: expected sizes of 1, 2, …, got ${value}. Use positive whole numbers.`,
      )
    }
  }
  const layers = plan(options)
  const activate = activations[activation]
  return {
    init: (key) => initialise(layers, contextSize, key),
    build: (params, site) => {
      const offset = contextOffset(params, contextSize, site?.context)
      const weights = layers.map(({ mask }, l) => {
        const { weight, bias } = childParams(params, String(l)) as {
          weight: tf.Tensor
          bias: tf.Tensor
        }
        return { kept: tf.mul(weight, tf.tensor(mask.values, [...mask.shape])), bias }
      })
      return (x) => {
        const out = weights.reduce((h, { kept, bias }, l) => {
          const linear = tf.add(dense(h, kept), bias)
          const shifted = l === 0 && offset ? tf.add(linear, offset) : linear
          return l === weights.length - 1 ? shifted : activate(shifted)
        }, x)
        return tf.split(out, outputs, -1)
      }
    },
  }
}

const initialise = (
  layers: ReadonlyArray<LayerPlan>,
  contextSize: number | undefined,
  key: RandomKey,
): Params => ({
  ...Object.fromEntries(
    layers.map(({ mask, deviation }, l) => {
      const noise = normalValues(foldKey(key, l), mask.values.length)
      return [
        String(l),
        {
          weight: trainable(
            mask.shape,
            noise.map((z, i) => deviation * z * mask.values[i]!),
          ),
          bias: trainable([mask.shape[1]], 0),
        },
      ]
    }),
  ),
  ...(contextSize && {
    context: trainable(
      [contextSize, layers[0]!.mask.shape[1]],
      normalValues(foldKey(key, "context"), contextSize * layers[0]!.mask.shape[1]).map(
        (z) => z / Math.sqrt(contextSize),
      ),
    ),
  }),
})

/** What the context adds to the first layer, or nothing for an unconditional network. */
const contextOffset = (
  params: ParamTensors,
  contextSize: number | undefined,
  context: tf.Tensor | undefined,
): tf.Tensor | undefined => {
  if (contextSize === undefined) return undefined
  if (context === undefined || context.shape.at(-1) !== contextSize) {
    throw new ShapeError(
      `made: expected a context of shape [...batch, ${contextSize}], got ${context ? showShape(context.shape) : "none"}. ` +
        `Pass it as build(params, { context }).`,
    )
  }
  return dense(context, params["context"] as tf.Tensor)
}

/** `x W` over the last axis, whatever comes before it. */
const dense = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor => {
  const [rows, columns] = weight.shape as [number, number]
  const batch: Shape = x.shape.slice(0, -1)
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, rows]), weight), [...batch, columns])
}
