/**
 * Densities with the recipes of papers.
 */
import {
  type ParametricDistribution,
  standardNormal,
  transformed,
} from "@pushforward/distributions"
import { madeMog } from "@pushforward/made"
import { iaf, maf, type MafOptions } from "./maf.ts"

/** What a preset leaves open. Networks default to two hidden layers of 100 units with rectifiers, as in the paper. */
export type PresetOptions = Pick<MafOptions, "size" | "contextSize" | "hidden" | "activation">

const paper = { hidden: [100, 100], activation: "relu", normalisation: "batch" } as const

/**
 * The paper's MAF (5): five layers on a standard normal, batch normalisation after each, reversals between them.
 *
 * **Details**
 *
 * - The paper's training: Adam at 1e-4, batches of 100 rows, an L2 penalty of 1e-6, until 30 epochs bring no better
 *   validation likelihood
 * - Shapes: event `[d]`
 * - Source: Papamakarios, Pavlakou and Murray, "Masked Autoregressive Flow for Density Estimation", arXiv:1705.07057, §4
 *
 * **Example** (For the eight dimensions of GAS, with its tanh)
 *
 * ```ts
 * import { maf5 } from "@pushforward/flows-maf-iaf"
 *
 * maf5({ size: 8, activation: "tanh" }).eventShape // => [8]
 * ```
 *
 * @category presets
 */
export const maf5 = (options: PresetOptions): ParametricDistribution =>
  transformed(standardNormal([options.size]), maf({ ...paper, layers: 5, ...options }))

/** The paper's MAF (10): {@link maf5} with ten layers. */
export const maf10 = (options: PresetOptions): ParametricDistribution =>
  transformed(standardNormal([options.size]), maf({ ...paper, layers: 10, ...options }))

/** The paper's MAF MoG (5): {@link maf5} on a MADE with mixtures of ten normals instead of a standard normal. */
export const mafMog5 = (options: PresetOptions): ParametricDistribution =>
  transformed(
    madeMog({ hidden: paper.hidden, activation: paper.activation, ...options, components: 10 }),
    maf({ ...paper, layers: 5, ...options }),
  )

/**
 * A guide for variational inference: an inverse autoregressive flow on a standard normal, which draws and scores its draws
 * in one pass a layer.
 *
 * **Details**
 *
 * - Two layers by default, each with one hidden layer of elus, and reversals between them
 * - Shapes: event `[d]`
 * - Source: Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", arXiv:1606.04934
 *
 * **Example** (For four unknowns)
 *
 * ```ts
 * import { iafGuide } from "@pushforward/flows-maf-iaf"
 *
 * iafGuide({ size: 4 }).eventShape // => [4]
 * ```
 *
 * @category presets
 */
export const iafGuide = ({ layers = 2, ...options }: MafOptions): ParametricDistribution =>
  transformed(
    standardNormal([options.size]),
    iaf({ hidden: [32], activation: "elu", layers, ...options }),
  )
