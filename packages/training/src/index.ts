/**
 * `@pushforward/training`: fitting densities, and running fitted ones.
 */
export * from "./FitError.ts"
export * from "./FitEvent.ts"
export * from "./fit.ts"
export * from "./objective.ts"
export * from "./optimiser.ts"
export * from "./schedule.ts"
export * from "./rows.ts"
export * from "./evaluate.ts"
export * from "./gaussianBaseline.ts"
