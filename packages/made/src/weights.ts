/**
 * The weights of a masked network, whatever its masks are.
 */
import {
  childParams,
  foldKey,
  normalValues,
  type Params,
  type ParamTensors,
  type RandomKey,
  ShapeError,
  showShape,
  type Site,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { activations } from "./activation.ts"
import type { MadeOptions } from "./MadeOptions.ts"
import { initialPanels, type Matrix, type Panels, wholeMatrix } from "./panels.ts"
import { type DenseLayer, onRows } from "./MaskedNetwork.ts"

/** A dense layer before it has weights. */
interface LayerPlan {
  readonly shape: readonly [rows: number, columns: number]
  /** Initial weights are normal with this standard deviation. */
  readonly deviation: number
  /** Initial biases. */
  readonly start: number | ReadonlyArray<number>
  readonly activate: DenseLayer["activate"]
  readonly skip?: number
}

/** The layers of a network and the length of its context. */
export interface WeightPlan {
  readonly layers: ReadonlyArray<LayerPlan>
  readonly contextSize: number | undefined
  readonly dropout: number
}

/** Lays out the layers of a network. Throws `RangeError` for sizes below 1, and for a dropout that leaves nothing. */
export const planWeights = (options: MadeOptions): WeightPlan => {
  const {
    size,
    features = 1,
    outputs = 1,
    hidden = [64, 64],
    residual,
    initial,
    contextSize,
  } = options
  for (const value of [size, features, outputs, ...hidden, contextSize ?? 1]) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new RangeError(
        `made: expected sizes of 1, 2, …, got ${value}. Use positive whole numbers.`,
      )
    }
  }
  const { dropout = 0 } = options
  if (!(dropout >= 0 && dropout < 1)) {
    throw new RangeError(
      `made: expected a dropout from 0 to below 1, got ${dropout}. Use 0.1 to 0.5, or leave it out.`,
    )
  }
  const widths = [features * size, ...hidden, outputs * size]
  const activate = activations[options.activation ?? "tanh"]
  return {
    contextSize,
    dropout,
    layers: widths.slice(1).map((columns, l) => {
      const rows = widths[l]!
      const skip = residual && l > 0 && l < hidden.length && l % 2 === 0 ? l - 2 : undefined
      return {
        shape: [rows, columns],
        deviation:
          l === hidden.length || skip !== undefined
            ? // Small outputs: a new flow, and a new block, starts near the identity.
              0.01 / Math.sqrt(rows)
            : // About half of a unit's inputs are masked away, hence the 2.
              Math.sqrt(2 / (rows + 1)),
        start:
          l < hidden.length || !initial ? 0 : initial.flatMap((v) => Array<number>(size).fill(v)),
        activate: l === 0 ? (x: tf.Tensor) => x : activate,
        ...(skip !== undefined && { skip }),
      }
    }),
  }
}

/** Fresh weights: whole matrices, or what `panels` keep of them. */
export const initialWeights = (
  { layers, contextSize }: WeightPlan,
  key: RandomKey,
  panels?: ReadonlyArray<Panels>,
): Params => {
  const units = layers[0]!.shape[1]
  return {
    ...Object.fromEntries(
      layers.map(({ shape, deviation, start }, l) => {
        const noise = normalValues(foldKey(key, l), shape[0] * shape[1])
        const values = noise.map((z) => deviation * z)
        return [
          String(l),
          {
            weight: panels
              ? initialPanels(panels[l]!, { shape, values })
              : trainable(shape, values),
            bias: trainable([shape[1]], start),
          },
        ]
      }),
    ),
    ...(contextSize && {
      context: trainable(
        [contextSize, units],
        normalValues(foldKey(key, "context"), contextSize * units).map(
          (z) => z / Math.sqrt(contextSize),
        ),
      ),
    }),
  }
}

/** The layers, with `matrix` of each one's weights. */
export const buildWeights = (
  { layers, contextSize }: WeightPlan,
  params: ParamTensors,
  matrix: (layer: number, weight: ParamTensors | tf.Tensor) => Matrix,
  site: Site | undefined,
): ReadonlyArray<DenseLayer> => {
  const offset = contextOffset(params, contextSize, site?.context)
  return layers.map(({ activate, skip }, l) => {
    const { weight, bias } = childParams(params, String(l)) as {
      weight: ParamTensors | tf.Tensor
      bias: tf.Tensor
    }
    return {
      matrix: matrix(l, weight),
      bias: l === 0 && offset ? tf.add(offset, bias) : bias,
      activate,
      ...(skip !== undefined && { skip }),
    }
  })
}

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
  return onRows(context, wholeMatrix(params["context"] as tf.Tensor2D))
}
