import { makePlugin } from "@pushforward/core"
import { distributionKind, type ParametricDistribution } from "@pushforward/distributions"
import { Result, Schema } from "effect"
import { mixture, type MixtureOptions } from "./conditionals/index.ts"
import { madeDensity, type MadeDensityOptions } from "./madeDensity.ts"
import { densityFields } from "./networkFields.ts"
import { vectorSizes } from "./vectorSizes.ts"

/**
 * A masked network that gives each dimension a mixture of normal distributions: {@link madeDensity} with
 * `conditionals.mixture`.
 *
 * **Details**
 *
 * - Density: `log p(x) = Σᵢ log Σₖ πᵢₖ N(xᵢ; μᵢₖ, exp(αᵢₖ))`, `|α| < m`, `m = maxLogScale`; `components` of them
 * - The means start at quantiles of the standard normal: standardise the data
 * - Shapes: event `[d]`, batch: that of the context
 * - Source: Papamakarios, Pavlakou and Murray, "Masked Autoregressive Flow for Density Estimation", arXiv:1705.07057, §4
 *   (MADE MoG)
 *
 * **Example** (Three components in each of two dimensions)
 *
 * ```ts
 * import { countParams, makeKey } from "@pushforward/core"
 * import { madeMog } from "@pushforward/made"
 *
 * const recipe = madeMog({ size: 2, hidden: [10], components: 3 })
 * countParams(recipe.init(makeKey(0)), "trainable") // => 228
 * ```
 *
 * @category constructors
 */
export const madeMog = (options: MadeDensityOptions & MixtureOptions): ParametricDistribution =>
  madeDensity(mixture(options), options)

/** `{ "_tag": "made-mog", "components": 5, "hidden": [64, 64], ... }`: see {@link madeMog}. */
export const madeMogPlugin = /* @__PURE__ */ makePlugin(distributionKind, "made-mog", {
  description: "A mixture of normals in each dimension given those before it, by a MADE",
  fields: /* @__PURE__ */ (() => ({
    ...densityFields,
    components: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
    maxLogScale: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
  }))(),
  examples: [
    { spec: { _tag: "made-mog", hidden: [4], components: 2 }, eventShape: [2] },
    {
      spec: { _tag: "made-mog", hidden: [3, 3, 3], residual: true, components: 2 },
      eventShape: [2],
      contextShape: [1],
    },
  ],
  compile: (spec, site) => Result.map(vectorSizes(site), (sizes) => madeMog({ ...spec, ...sizes })),
})
