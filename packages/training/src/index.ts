/**
 * `@pushforward/training`: fitting densities, and running fitted ones.
 */
export * from "./FitError.ts"
export * from "./FitEvent.ts"
export {
  defaultBatchSize,
  defaultEpochs,
  defaultLearningRate,
  type FitData,
  type FitOptions,
} from "./FitOptions.ts"
export * from "./fit.ts"
export * from "./CheckpointStore.ts"
export type { Origin } from "./Origin.ts"
export * from "./objective.ts"
export * from "./Optimiser.ts"
export { adam, type AdamOptions } from "./optimisers/adam.ts"
export { adamW } from "./optimisers/adamW.ts"
export { amsgrad } from "./optimisers/amsgrad.ts"
export { sgd } from "./optimisers/sgd.ts"
export * from "./schedule.ts"
export * from "./rows.ts"
export * from "./RowSource.ts"
export * from "./safetensors.ts"
export * from "./evaluate.ts"
export { gatherStatistics } from "./gatherStatistics.ts"
export * from "./fitGaussianMixture.ts"
export * from "./gaussianBaseline.ts"
export * from "./metrics/bitsPerDimension.ts"
export * from "./metrics/classifierTest.ts"
export * from "./metrics/coverage.ts"
export * from "./metrics/cumulativeAccuracyProfile.ts"
export * from "./metrics/effectiveSampleSize.ts"
export * from "./metrics/energyDistance.ts"
export * from "./metrics/kolmogorovSmirnov.ts"
export * from "./metrics/meanLogLikelihood.ts"
export * from "./metrics/paretoSmoothed.ts"
export * from "./metrics/probabilityIntegralTransform.ts"
export * from "./metrics/receiverOperatingCharacteristic.ts"
export {
  type BoundOptions,
  elbo,
  importanceWeighted,
  type ManySamples,
  renyi,
  type RenyiOptions,
  type VariationalBound,
} from "./variational/bound.ts"
export * from "./variational/fitVariational.ts"
export type { Frame } from "./variational/Frame.ts"
export * from "./variational/Posterior.ts"
export * from "./variational/PosteriorFit.ts"
export * from "./variational/posteriorMoments.ts"
export * from "./variational/VariationalEvent.ts"
