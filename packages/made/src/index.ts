/**
 * `@pushforward/made`: masked autoencoder networks.
 */
export * from "./degrees.ts"
export * from "./masks.ts"
export * from "./activation.ts"
export * from "./made.ts"
