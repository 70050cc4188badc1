import { makePlugin } from "@pushforward/core"
import { distributionKind, type ParametricDistribution } from "@pushforward/distributions"
import { Result, Schema } from "effect"
import { categorical } from "./conditionals/index.ts"
import { madeDensity, type MadeDensityOptions } from "./madeDensity.ts"
import { densityFields } from "./networkFields.ts"
import { vectorSizes } from "./vectorSizes.ts"

/** What {@link madeCategorical} takes. */
export interface MadeCategoricalOptions extends MadeDensityOptions {
  /** The number of categories, `K`, of every dimension. */
  readonly categories: number
}

/**
 * A masked network over categories `0 … K − 1`: {@link madeDensity} with `conditionals.categorical`.
 *
 * **Details**
 *
 * - Density: `log p(x) = Σᵢ lᵢₓᵢ − log Σₖ exp(lᵢₖ)`, with logits `lᵢ` that are functions of the dimensions before `i`, which
 *   the network sees as `K` numbers each
 * - Shapes: event `[d]` of whole numbers from 0 to `K − 1`, batch: that of the context
 * - Throws: `RangeError` for fewer than two categories
 *
 * **Example** (Words of four letters)
 *
 * ```ts
 * import { instantiate, makeKey } from "@pushforward/core"
 * import { madeCategorical } from "@pushforward/made"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = madeCategorical({ size: 4, categories: 26 })
 * instantiate(recipe, recipe.init(makeKey(0))).sample(makeKey(1), [2]).shape // => [2, 4]
 * ```
 *
 * @category constructors
 */
export const madeCategorical = ({
  categories,
  ...options
}: MadeCategoricalOptions): ParametricDistribution => madeDensity(categorical(categories), options)

/** `{ "_tag": "made-categorical", "categories": 3, "hidden": [64, 64], ... }`: see {@link madeCategorical}. */
export const madeCategoricalPlugin = /* @__PURE__ */ makePlugin(
  distributionKind,
  "made-categorical",
  {
    description: "Categories 0 … K − 1 in each dimension given those before it, by a MADE",
    fields: /* @__PURE__ */ (() => ({ ...densityFields, categories: Schema.Int }))(),
    examples: [
      { spec: { _tag: "made-categorical", categories: 3, hidden: [8] }, eventShape: [3] },
      {
        spec: {
          _tag: "made-categorical",
          categories: 4,
          hidden: [6, 6],
          order: [1, 0],
          activation: "gelu",
        },
        eventShape: [2],
        contextShape: [1],
      },
    ],
    compile: (spec, site) =>
      Result.map(vectorSizes(site), (sizes) => madeCategorical({ ...spec, ...sizes })),
  },
)
