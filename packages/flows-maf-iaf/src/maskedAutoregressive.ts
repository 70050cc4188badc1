import { affineTransformer } from "@pushforward/bijectors"
import {
  batchPart,
  bijectorKind,
  type CompileSite,
  makeBijector,
  makePlugin,
  nestedSpec,
  type ParametricBijector,
  rawCount,
  signature,
  type SpecError,
  splitRaw,
  sumEvent,
  type Transformer,
  transformerKind,
} from "@pushforward/core"
import {
  applyLayers,
  made,
  type MadeOptions,
  type MaskedNetwork,
  networkFields,
  orderField,
  vectorSizes,
} from "@pushforward/made"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { autoregressiveSolution } from "./inversion/autoregressiveSolution.ts"

/** A masked autoregressive layer over vectors of `size` dimensions; the rest is the network's. */
export interface MaskedAutoregressiveOptions extends Omit<MadeOptions, "features" | "outputs"> {
  /** What is done to each dimension. Default: {@link affineTransformer}. */
  readonly transformer?: Transformer
}

/** The network for rows of all batch axes in one: the context's share in the biases is laid out like them. */
const forRows = (network: MaskedNetwork, batch: ReadonlyArray<number>): MaskedNetwork => {
  const layers = network.layers.map((layer) => {
    const { bias } = layer
    if (bias.rank === 1) return layer
    const size = bias.shape.at(-1)!
    return { ...layer, bias: tf.reshape(tf.broadcastTo(bias, [...batch, size]), [-1, size]) }
  })
  return { ...network, layers, apply: applyLayers(layers) }
}

/**
 * One layer of a masked autoregressive flow: each dimension is transformed by what a masked network makes of those before
 * it.
 *
 * **Details**
 *
 * - Forward: `yᵢ = T(xᵢ; MADE(y)ᵢ)`, solved dimension after dimension. All of it costs about one pass of the network, since
 *   a unit is final once the dimensions that it sees are; but the steps are sequential, as many as the order has levels
 * - Inverse: `xᵢ = T⁻¹(yᵢ; MADE(y)ᵢ)`: one pass, all dimensions at once
 * - Log-det: `Σ log |T′(xᵢ)|` forward, minus that inverse
 * - `T` is affine by default, `yᵢ = xᵢ exp(αᵢ) + μᵢ` with `|αᵢ| < 3`, or any other transformer
 * - Gradients through forward are implicit: one more such pass, however many dimensions there are
 * - Shapes: `x: [...batch, d]`, `logDet: [...batch]`
 * - `invert` of it is the layer of an inverse autoregressive flow: one pass forward
 * - Source: Papamakarios, Pavlakou and Murray, "Masked Autoregressive Flow for Density Estimation",
 *   arXiv:1705.07057, eqs. 3-5
 *
 * **Example** (A spline for each dimension)
 *
 * ```ts
 * import { rationalQuadraticSpline } from "@pushforward/bijectors"
 * import { instantiate, makeKey } from "@pushforward/core"
 * import { maskedAutoregressive } from "@pushforward/flows-maf-iaf"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = maskedAutoregressive({ size: 3, transformer: rationalQuadraticSpline() })
 * const layer = instantiate(recipe, recipe.init(makeKey(0)))
 * layer.inverseAndLogDet(tf.zeros([4, 3]))[1].shape // => [4]
 * ```
 *
 * @category constructors
 */
export const maskedAutoregressive = (options: MaskedAutoregressiveOptions): ParametricBijector => {
  const { size, contextSize, transformer = affineTransformer() } = options
  const network = made({ ...options, outputs: rawCount(transformer) })
  const of = signature({
    name: "masked-autoregressive",
    eventShapeIn: [size],
    domain: transformer.domain,
    codomain: transformer.codomain,
    jacobian: { kind: "triangular", order: network.structure.dependencies.levels },
    ...(contextSize && { contextShape: [contextSize] }),
  })
  return {
    ...of,
    init: network.init,
    build: (params, site) => {
      const net = network.build(params, site)
      const at = (raw: tf.Tensor) => transformer.build(splitRaw(transformer, raw))
      return makeBijector(of, {
        forwardAndLogDet: (x) => {
          const rows: tf.Tensor2D = tf.reshape(x, [-1, size])
          const batch = batchPart(x.shape, 1)
          const { y, raw } = autoregressiveSolution(forRows(net, batch), transformer, rows)
          const [, logDets] = at(raw).forwardAndLogDet(rows)
          return [tf.reshape(y, x.shape), tf.reshape(sumEvent(logDets, 1), [...batch])]
        },
        inverseAndLogDet: (y) => {
          const [x, logDets] = at(net.apply(y)).inverseAndLogDet(y)
          return [x, sumEvent(logDets, 1)]
        },
      })
    },
  }
}

/** The fields that specs of masked autoregressive layers and flows share. */
export const layerFields = {
  ...networkFields,
  order: orderField,
  transformer: Schema.optionalKey(nestedSpec(transformerKind)),
}

interface NetworkSpec {
  readonly transformer?: Parameters<CompileSite["child"]>[1]
}

/** A spec's options, with the sizes that its site tells and its transformer compiled. */
export const layerOptions = <Spec extends NetworkSpec>(
  { transformer, ...spec }: Spec,
  site: CompileSite,
): Result.Result<
  Omit<Spec, "transformer"> &
    Pick<MaskedAutoregressiveOptions, "size" | "contextSize" | "transformer">,
  SpecError
> =>
  Result.flatMap(vectorSizes(site), (sizes) =>
    transformer === undefined
      ? Result.succeed({ ...spec, ...sizes })
      : Result.map(site.child(transformerKind, transformer, "transformer"), (compiled) => ({
          ...spec,
          ...sizes,
          transformer: compiled,
        })),
  )

/** `{ "_tag": "masked-autoregressive", "hidden": [64, 64], ... }`: see {@link maskedAutoregressive}. */
export const maskedAutoregressivePlugin = makePlugin(bijectorKind, "masked-autoregressive", {
  description:
    "A transformer of each dimension given those before it, by a MADE: yᵢ = T(xᵢ; MADE(y)ᵢ)",
  fields: layerFields,
  examples: [
    { spec: { _tag: "masked-autoregressive", hidden: [8] }, eventShape: [3] },
    {
      spec: { _tag: "masked-autoregressive", hidden: [6, 5], order: [2, 0, 1], activation: "silu" },
      eventShape: [3],
    },
    { spec: { _tag: "masked-autoregressive", hidden: [5] }, eventShape: [2], contextShape: [2] },
    { spec: { _tag: "masked-autoregressive", hidden: [4] }, eventShape: [1] },
    {
      spec: {
        _tag: "masked-autoregressive",
        hidden: [6],
        transformer: { _tag: "rational-quadratic-spline", bins: 4 },
      },
      eventShape: [3],
    },
  ],
  compile: (spec, site) => Result.map(layerOptions(spec, site), maskedAutoregressive),
})
