import { actNorm, batchNorm, luLinear, permute, reverse } from "@pushforward/bijectors"
import {
  bijectorKind,
  chain,
  invert,
  type Layer,
  makeKey,
  makePlugin,
  type ParametricBijector,
  randomPermutation,
} from "@pushforward/core"
import { Result, Schema } from "effect"
import {
  layerFields,
  layerOptions,
  maskedAutoregressive,
  type MaskedAutoregressiveOptions,
} from "./maskedAutoregressive.ts"

/** A stack of masked autoregressive layers, and what stands between them. */
export interface MafOptions extends MaskedAutoregressiveOptions {
  /** The number of autoregressive layers. Default 5. */
  readonly layers?: number
  /** How dimensions are mixed between layers; `"permute"` draws an order for each from the seed. Default `"reverse"`. */
  readonly mixing?: "reverse" | "permute" | "lu" | "none"
  /** What follows each layer on the way from data to base: batch normalisation, act-norm. Default `"none"`. */
  readonly normalisation?: "none" | "batch" | "act"
}

const mixings: {
  readonly [K in NonNullable<MafOptions["mixing"]>]: (
    size: number,
    seed: number,
  ) => ReadonlyArray<Layer>
} = {
  reverse: () => [reverse()],
  permute: (size, seed) => [permute(randomPermutation(makeKey(seed), size))],
  lu: (size) => [luLinear(size)],
  none: () => [],
}

const normalisations: {
  readonly [K in NonNullable<MafOptions["normalisation"]>]: (size: number) => ReadonlyArray<Layer>
} = {
  none: () => [],
  batch: (size) => [batchNorm([size], { statistics: "training-set" })],
  act: (size) => [actNorm([size])],
}

/**
 * A masked autoregressive flow: autoregressive layers with the order of the dimensions reversed between them.
 *
 * **When to use**
 *
 * Use to score data: the density costs one pass a layer, all dimensions at once. A draw costs as much arithmetic, but
 * dimension after dimension; for sampling in parallel see {@link iaf}.
 *
 * **Details**
 *
 * - From base to data `chain(layer₁, mixing, layer₂, …, mixing, layerₙ)`, each layer a normalisation, if any, and then a
 *   {@link maskedAutoregressive}
 * - `mixing: "lu"` trains a linear map in its place; `normalisation: "batch"` is the paper's, evaluated by the statistics of
 *   the whole training set
 * - Shapes: `x: [...batch, d]`, `logDet: [...batch]`
 * - Source: Papamakarios, Pavlakou and Murray, arXiv:1705.07057, §3
 *
 * **Example** (A flow over pairs)
 *
 * ```ts
 * import { countParams, makeKey } from "@pushforward/core"
 * import { maf } from "@pushforward/flows-maf-iaf"
 *
 * countParams(maf({ size: 2, layers: 2, hidden: [8] }).init(makeKey(0)), "trainable") // => 120
 * ```
 *
 * @category constructors
 */
export const maf = ({
  layers = 5,
  mixing = "reverse",
  normalisation = "none",
  ...options
}: MafOptions): ParametricBijector => {
  const { size, seed = 0 } = options
  return chain(
    ...Array.from({ length: layers }, (_, i) => [
      ...(i === 0 ? [] : mixings[mixing](size, seed + i)),
      ...normalisations[normalisation](size),
      maskedAutoregressive({ ...options, seed: seed + i }),
    ]).flat(),
  )
}

/**
 * An inverse autoregressive flow: {@link maf} with its directions swapped. A draw costs one pass a layer,
 * all dimensions at once; to score data that it did not draw, dimension after dimension.
 *
 * **Details**
 *
 * - `iaf(options)` is `invert(maf(options))`
 * - Source: Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", arXiv:1606.04934
 *
 * **Example** (Its inverse is a MAF)
 *
 * ```ts
 * import { invert } from "@pushforward/core"
 * import { iaf } from "@pushforward/flows-maf-iaf"
 *
 * invert(iaf({ size: 2, layers: 1 })).name // => "masked-autoregressive"
 * ```
 *
 * @category constructors
 */
export const iaf = (options: MafOptions): ParametricBijector => invert(maf(options))

const fields = {
  ...layerFields,
  layers: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  mixing: Schema.optionalKey(Schema.Literals(["reverse", "permute", "lu", "none"])),
  normalisation: Schema.optionalKey(Schema.Literals(["none", "batch", "act"])),
}

/** `{ "_tag": "maf", "layers": 5, "hidden": [64, 64] }`: see {@link maf}. */
export const mafPlugin = makePlugin(bijectorKind, "maf", {
  description: "Masked autoregressive flow: density in one pass a layer, draws level after level",
  fields,
  examples: [
    { spec: { _tag: "maf", layers: 3, hidden: [8] }, eventShape: [3] },
    {
      spec: { _tag: "maf", layers: 2, hidden: [6], activation: "relu" },
      eventShape: [2],
      contextShape: [1],
    },
    {
      spec: {
        _tag: "maf",
        layers: 2,
        hidden: [6],
        mixing: "lu",
        normalisation: "act",
        order: "random",
        connectivity: "random",
      },
      eventShape: [3],
    },
    {
      spec: { _tag: "maf", layers: 2, hidden: [5], mixing: "permute", normalisation: "batch" },
      eventShape: [3],
    },
  ],
  compile: (spec, site) => Result.map(layerOptions(spec, site), maf),
})

/** `{ "_tag": "iaf", "layers": 5, "hidden": [64, 64] }`: see {@link iaf}. */
export const iafPlugin = makePlugin(bijectorKind, "iaf", {
  description:
    "Inverse autoregressive flow: draws in one pass a layer, density of other data level after level",
  fields,
  examples: [{ spec: { _tag: "iaf", layers: 2, hidden: [8] }, eventShape: [3] }],
  compile: (spec, site) => Result.map(layerOptions(spec, site), iaf),
})
