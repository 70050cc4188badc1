/**
 * `@pushforward/made`: masked autoencoder networks.
 */
export * from "./degrees.ts"
export { type Dependencies, dependencies, levelsOf, type Order } from "./dependencies.ts"
export * from "./masks.ts"
export * from "./structure.ts"
export * from "./activation.ts"
export type { MadeOptions } from "./MadeOptions.ts"
export type { MaskedLayer, MaskedNetwork } from "./MaskedNetwork.ts"
export * from "./made.ts"
