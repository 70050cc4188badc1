/**
 * `@pushforward/laws`: laws that bijectors, distributions and backends keep, and runners for them.
 */
export * from "./Law.ts"
export * from "./Subject.ts"
export type { Precision } from "./judge/Judge.ts"
export * from "./spec/SpecSource.ts"
export * from "./bijector/BijectorLaw.ts"
export type { BijectorCase } from "./bijector/BijectorCase.ts"
export * from "./bijector/BijectorSubject.ts"
export { bijectorLaws } from "./bijector/index.ts"
export { jacobian, logAbsDet } from "./bijector/jacobian.ts"
export {
  type DistributionCase,
  type DistributionLaw,
  type DistributionSubject,
  distributionSubject,
  type DistributionSubjectOptions,
} from "./distribution/DistributionSubject.ts"
export { distributionLaws } from "./distribution/index.ts"
export { distributionSubjectsOf, type PluginOrigin, subjectsOf } from "./subjectsOf.ts"
export { type LawReport, runLaws, type RunOptions } from "./runLaws.ts"
export * from "./registerLaws.ts"
export * from "./verifyModule.ts"
export * from "./formatReport.ts"
export { combinatorLaws } from "./combinator/index.ts"
export {
  type CombinatorLaw,
  type CombinatorSubject,
  pairsOf,
} from "./combinator/CombinatorSubject.ts"
export * from "./backend/BackendSubject.ts"
export { backendLaws } from "./backend/index.ts"
export * from "./backend/runBackendLaws.ts"
