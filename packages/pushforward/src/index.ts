/**
 * `pushforward`: fit a density, score rows, draw samples, look at it, ship it. What most people install.
 */
export * from "@pushforward/bijectors"
export * from "@pushforward/core"
export * from "@pushforward/distributions"
export * from "@pushforward/flows-maf-iaf"
export { DataError, type RowsInput, type Table } from "@pushforward/data"
export {
  madeBernoulli,
  madeCategorical,
  madeDensity,
  madeGaussian,
  madeMog,
  madePlugins,
} from "@pushforward/made"
export {
  adam,
  adamW,
  amsgrad,
  bitsPerDimension,
  classifierTest,
  coverage,
  cumulativeAccuracyProfile,
  effectiveSampleSize,
  checkpointFolder,
  type CheckpointStore,
  constant,
  cosine,
  elbo,
  energyDistance,
  type FitEvent,
  FitError,
  type FitOptions,
  importanceWeighted,
  kolmogorovSmirnov,
  meanAndError,
  meanLogLikelihood,
  plateau,
  type Moments,
  paretoSmoothed,
  type Posterior,
  type PosteriorDraws,
  posteriorMoments,
  probabilityIntegralTransform,
  receiverOperatingCharacteristic,
  renyi,
  sgd,
  type VariationalEvent,
  type VariationalOptions,
  warmUp,
} from "@pushforward/training"
export * from "./backendLayer.ts"
export * from "./coverTable.ts"
export * from "./facade.ts"
export * from "./FittedModel.ts"
export * from "./fitTable.ts"
export * from "./fitVariational.ts"
export * from "./ModelError.ts"
export * from "./modelFiles.ts"
export * from "./modelFolder.ts"
export * from "./openModel.ts"
export * from "./plotModel.ts"
export * from "./plugins.ts"
export * from "./printGraph.ts"
export type { Running } from "./running.ts"
export { Standardization } from "./Standardization.ts"
