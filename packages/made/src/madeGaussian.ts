import { makePlugin } from "@pushforward/core"
import { distributionKind, type ParametricDistribution } from "@pushforward/distributions"
import { Result, Schema } from "effect"
import { gaussian, type GaussianOptions } from "./conditionals/index.ts"
import { madeDensity, type MadeDensityOptions } from "./madeDensity.ts"
import { densityFields } from "./networkFields.ts"
import { vectorSizes } from "./vectorSizes.ts"

/**
 * A masked network that gives each dimension a normal distribution: {@link madeDensity} with `conditionals.gaussian`.
 *
 * **Details**
 *
 * - Density: `log p(x) = Σᵢ log N(xᵢ; μᵢ, exp(αᵢ))`, with `μᵢ` and `αᵢ` functions of the dimensions before `i`, `|α| < m`,
 *   `m = maxLogScale`
 * - Shapes: event `[d]`, batch: that of the context
 *
 * **Example** (A density over pairs)
 *
 * ```ts
 * import { instantiate, makeKey } from "@pushforward/core"
 * import { madeGaussian } from "@pushforward/made"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = madeGaussian({ size: 2 })
 * instantiate(recipe, recipe.init(makeKey(0))).logProb(tf.zeros([2])).arraySync() // => -1.83788
 * ```
 *
 * @category constructors
 */
export const madeGaussian = (
  options: MadeDensityOptions & GaussianOptions,
): ParametricDistribution => madeDensity(gaussian(options), options)

/** `{ "_tag": "made-gaussian", "hidden": [64, 64], ... }`: see {@link madeGaussian}. */
export const madeGaussianPlugin = /* @__PURE__ */ makePlugin(distributionKind, "made-gaussian", {
  description: "Normal in each dimension given those before it, by a MADE: xᵢ ∼ N(μᵢ, exp(αᵢ))",
  fields: /* @__PURE__ */ (() => ({
    ...densityFields,
    maxLogScale: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
  }))(),
  examples: [
    { spec: { _tag: "made-gaussian", hidden: [6], order: "reversed" }, eventShape: [2] },
    {
      spec: { _tag: "made-gaussian", hidden: [5], activation: "silu" },
      eventShape: [3],
      contextShape: [2],
    },
    {
      spec: { _tag: "made-gaussian", hidden: [6], order: "random", masks: 3, seed: 1 },
      eventShape: [3],
    },
  ],
  compile: (spec, site) =>
    Result.map(vectorSizes(site), (sizes) => madeGaussian({ ...spec, ...sizes })),
})
