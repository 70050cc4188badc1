import { makePlugin } from "@pushforward/core"
import { distributionKind, type ParametricDistribution } from "@pushforward/distributions"
import { Result } from "effect"
import { bernoulli } from "./conditionals/index.ts"
import { madeDensity, type MadeDensityOptions } from "./madeDensity.ts"
import { densityFields } from "./networkFields.ts"
import { vectorSizes } from "./vectorSizes.ts"

/**
 * A masked network over binary data, the original MADE: {@link madeDensity} with `conditionals.bernoulli`.
 *
 * **Details**
 *
 * - Density: `log p(x) = Σᵢ xᵢ log σ(lᵢ) + (1 − xᵢ) log σ(−lᵢ)`, with the logit `lᵢ` a function of the dimensions before `i`
 * - Shapes: event `[d]` of zeros and ones, batch: that of the context
 * - Source: Germain et al., "MADE", arXiv:1502.03509
 *
 * **Example** (Three fair coins)
 *
 * ```ts
 * import { instantiate, mapParams, makeKey } from "@pushforward/core"
 * import { madeBernoulli } from "@pushforward/made"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = madeBernoulli({ size: 3 })
 * const zeros = mapParams(recipe.init(makeKey(0)), (leaf) => ({ ...leaf, values: leaf.values.fill(0) }))
 * instantiate(recipe, zeros).logProb(tf.tensor1d([1, 0, 1])).arraySync() // => -2.07944
 * ```
 *
 * @category constructors
 */
export const madeBernoulli = (options: MadeDensityOptions): ParametricDistribution =>
  madeDensity(bernoulli(), options)

/** `{ "_tag": "made-bernoulli", "hidden": [64, 64], ... }`: see {@link madeBernoulli}. */
export const madeBernoulliPlugin = /* @__PURE__ */ makePlugin(distributionKind, "made-bernoulli", {
  description: "Binary data: a coin in each dimension given those before it, by a MADE",
  fields: densityFields,
  examples: [
    { spec: { _tag: "made-bernoulli", hidden: [8], activation: "relu" }, eventShape: [4] },
    {
      spec: {
        _tag: "made-bernoulli",
        hidden: [7, 6],
        order: "random",
        connectivity: "random",
        masks: 3,
        direct: true,
      },
      eventShape: [3],
      contextShape: [2],
    },
    {
      spec: {
        _tag: "made-bernoulli",
        hidden: [6],
        order: [
          [false, false, false],
          [true, false, false],
          [true, false, false],
        ],
      },
      eventShape: [3],
    },
  ],
  compile: (spec, site) =>
    Result.map(vectorSizes(site), (sizes) => madeBernoulli({ ...spec, ...sizes })),
})
