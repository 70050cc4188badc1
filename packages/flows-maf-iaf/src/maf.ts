import { bijectorKind, chain, invert, makePlugin, type ParametricBijector } from "@pushforward/core"
import { reverse } from "@pushforward/bijectors"
import { Result, Schema } from "effect"
import {
  layerOptions,
  maskedAutoregressive,
  type MaskedAutoregressiveOptions,
  networkFields,
} from "./maskedAutoregressive.ts"

/** A stack of masked autoregressive layers. */
export interface MafOptions extends Omit<MaskedAutoregressiveOptions, "order"> {
  /** The number of autoregressive layers. Default 5. */
  readonly layers?: number
}

/**
 * A masked autoregressive flow: autoregressive layers with the order of the dimensions reversed between them.
 *
 * **When to use**
 *
 * Use to score data: the density costs one pass a layer, sampling `d` passes. For fast sampling see {@link iaf}.
 *
 * **Details**
 *
 * - `chain(layer₁, reverse, layer₂, reverse, …, layerₙ)`, each layer a {@link maskedAutoregressive}
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
export const maf = ({ layers = 5, ...options }: MafOptions): ParametricBijector =>
  chain(
    ...Array.from({ length: layers }, (_, i) => [
      ...(i === 0 ? [] : [reverse()]),
      maskedAutoregressive(options),
    ]).flat(),
  )

/**
 * An inverse autoregressive flow: {@link maf} with its directions swapped. One pass to sample, `d` passes to score data
 * that it did not draw.
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
  ...networkFields,
  layers: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
}

/** `{ "_tag": "maf", "layers": 5, "hidden": [64, 64] }`: see {@link maf}. */
export const mafPlugin = makePlugin(bijectorKind, "maf", {
  description: "Masked autoregressive flow: density in one pass a layer, sampling in d",
  fields,
  examples: [
    { spec: { _tag: "maf", layers: 3, hidden: [8] }, eventShape: [3] },
    {
      spec: { _tag: "maf", layers: 2, hidden: [6], activation: "relu" },
      eventShape: [2],
      contextShape: [1],
    },
  ],
  compile: (spec, site) => Result.map(layerOptions(spec, site), maf),
})

/** `{ "_tag": "iaf", "layers": 5, "hidden": [64, 64] }`: see {@link iaf}. */
export const iafPlugin = makePlugin(bijectorKind, "iaf", {
  description:
    "Inverse autoregressive flow: sampling in one pass a layer, density of other data in d",
  fields,
  examples: [{ spec: { _tag: "iaf", layers: 2, hidden: [8] }, eventShape: [3] }],
  compile: (spec, site) => Result.map(layerOptions(spec, site), iaf),
})
