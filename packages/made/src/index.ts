/**
 * `@pushforward/made`: masked autoencoder networks, and densities made of them.
 */
import type { AnyPlugin } from "@pushforward/core"
import { madeBernoulliPlugin } from "./madeBernoulli.ts"
import { madeCategoricalPlugin } from "./madeCategorical.ts"
import { madeGaussianPlugin } from "./madeGaussian.ts"
import { madeMogPlugin } from "./madeMog.ts"

export * from "./degrees.ts"
export { type Dependencies, dependencies, levelsOf, type Order } from "./dependencies.ts"
export * from "./masks.ts"
export * from "./structure.ts"
export * from "./activation.ts"
export type { MadeOptions } from "./MadeOptions.ts"
export { type Matrix, wholeMatrix } from "./panels.ts"
export { applyLayers, type MaskedLayer, type MaskedNetwork } from "./MaskedNetwork.ts"
export * from "./made.ts"
export * from "./ensemble.ts"
export * as conditionals from "./conditionals/index.ts"
export * from "./madeDensity.ts"
export * from "./madeGaussian.ts"
export * from "./madeMog.ts"
export * from "./madeBernoulli.ts"
export * from "./madeCategorical.ts"
export * from "./networkFields.ts"
export * from "./vectorSizes.ts"

/** Every density of this package, for a registry. */
export const madePlugins: ReadonlyArray<AnyPlugin> = [
  madeGaussianPlugin,
  madeMogPlugin,
  madeBernoulliPlugin,
  madeCategoricalPlugin,
]
