import { makeKey, type Parametric, type ParamTensors } from "@pushforward/core"
import type * as tf from "@tensorflow/tfjs-core"
import { type Matrix, panelMatrix, panelsOf } from "./panels.ts"
import { levelsOf } from "./dependencies.ts"
import { dropoutAt } from "./dropout.ts"
import type { MadeOptions } from "./MadeOptions.ts"
import { makeNetwork, type MaskedNetwork } from "./MaskedNetwork.ts"
import { inputLevels, masksOf, structure, type Structure, unitDegrees } from "./structure.ts"
import { buildWeights, initialWeights, planWeights } from "./weights.ts"

/** A recipe for a masked network, whose structure is known without its parameters. */
export interface ParametricNetwork extends Parametric<MaskedNetwork> {
  readonly structure: Structure
}

/**
 * A masked autoencoder network: the outputs of a dimension depend only on the inputs of dimensions before it.
 *
 * **Details**
 *
 * - `h₁ = (M₁ ⊙ W₁)ᵀ x + b₁`, `hₗ = (Mₗ ⊙ Wₗ)ᵀ σ(hₗ₋₁) + bₗ`, the last of them the outputs; a context `c` adds `Vᵀ c` to
 *   `h₁`. Masked weights start at zero, and having no gradient stay there
 * - `dropout`: in mode `"train"`, a share of `σ(hₗ)` is set to zero and the rest scaled up, anew for every row
 * - `residual`: `hₗ = (Mₗ ⊙ Wₗ)ᵀ σ(hₗ₋₁) + bₗ + hₗ₋₂` for `l = 3, 5, …`, the blocks of ResMADE
 * - Shapes: `x: [...batch, f d]` to `[...batch, p d]`: number `k` of dimension `i` in column `k d + i`
 * - One dimension works: its outputs depend on the context and the biases alone. So do layers narrower than `d`, though
 *   not every dependency then has a way through them
 * - Throws: `RangeError` for sizes below 1 and for what {@link structure} refuses; `ShapeError` when built without the
 *   context it needs
 * - Source: Germain et al., "MADE", arXiv:1502.03509, §3-4; ResMADE: Nash and Durkan, "Autoregressive Energy Machines",
 *   arXiv:1904.05626, §4.2
 *
 * **Example** (Two numbers for each of three dimensions)
 *
 * ```ts
 * import { instantiate, makeKey } from "@pushforward/core"
 * import { made } from "@pushforward/made"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = made({ size: 3, outputs: 2 })
 * const network = instantiate(recipe, recipe.init(makeKey(0)))
 * network.apply(tf.zeros([5, 3])).shape // => [5, 6]
 * network.layers.map(({ matrix }) => matrix.whole().shape) // => [[3, 64], [64, 64], [64, 6]]
 * ```
 *
 * @category constructors
 */
export const made = (options: MadeOptions): ParametricNetwork => {
  const plan = planWeights(options)
  const conditional = options.contextSize !== undefined
  const { seed = 0 } = options
  const of = structure({ ...options, conditional }, makeKey(seed))
  const panels = masksOf(of, options).map((mask, l, { length }) =>
    panelsOf(mask, l === length - 1 ? options.outputs : 1),
  )
  const levels = [
    inputLevels(of, options),
    ...unitDegrees(of, options).map((degrees) => levelsOf(of.dependencies, degrees)),
  ]
  return {
    structure: of,
    init: (key) => initialWeights(plan, key, panels),
    build: (params, site) => {
      const matrix = (l: number, weight: ParamTensors | tf.Tensor): Matrix =>
        panelMatrix(panels[l]!, weight)
      const layers = buildWeights(plan, params, matrix, site)
      const drop = dropoutAt(plan.dropout, seed, site)
      return makeNetwork(layers, levels, of.dependencies.levels, drop)
    },
  }
}
