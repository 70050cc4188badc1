/**
 * Distributions of one dimension given those before it, for `madeDensity`.
 */
export type { Conditional } from "./Conditional.ts"
export { bernoulli } from "./bernoulli.ts"
export { categorical } from "./categorical.ts"
export { gaussian, type GaussianOptions } from "./gaussian.ts"
export { mixture, type MixtureOptions } from "./mixture.ts"
