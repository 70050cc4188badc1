import {
  type Backend,
  type BackendError,
  makeKey,
  type NestedSpec,
  type Registry,
  type SpecError,
} from "@pushforward/core"
import { fitGaussianMixture, meanAndError, type Rows, scoreRows } from "@pushforward/training"
import { Effect } from "effect"
import { type FittedModel, resolveFlow } from "./FittedModel.ts"

/** A density without a flow, and what it scores. */
export interface SimpleDensity {
  readonly parts: Pick<FittedModel, "density" | "flowSpec" | "baseSpec" | "params">
  /** Of each validation row, in nats and the flow's units. */
  readonly scores: Float32Array
  readonly components: number
}

/** The flow of a density that is its base. */
const identity: NestedSpec = { _tag: "chain", layers: [] }

/** Numbers of components to try, as long as each gains. */
const ladder = [2, 3, 5, 10, 20]

/** Numbers that a mixture is made of, at most: what is there to be paid for at each row. */
const mostNumbers = 600

/** Rows that a number of a mixture has for itself, at least. */
const rowsPerNumber = 5

/** Training rows that are worth their time. */
export const rowsForMixtures = 10_000

/** Whether scores are better than others of the same rows by so many standard errors of their differences, on average. */
const better = (scores: Float32Array, others: Float32Array, errors: number): boolean => {
  const { mean, standardError } = meanAndError(scores.map((score, i) => score - others[i]!))
  return mean > errors * standardError
}

/**
 * Whether a flow with these scores of the validation rows is worth it: better than a Gaussian, or no more than a standard
 * error worse than a mixture, whose size was chosen by the same rows and flatters its score there.
 */
export const isWorthIt = (
  scores: Float32Array,
  simplest: Pick<SimpleDensity, "scores" | "components">,
): boolean => better(scores, simplest.scores, simplest.components === 1 ? 0 : -1)

/**
 * The simplest density that does justice to the validation rows: the Gaussian of the flow's units, or a mixture of two,
 * three, five, … of them, fitted to the training rows, as long as each is better than the one before by two standard errors.
 */
export const simplestDensity = (
  train: Rows,
  validation: Rows,
  seed: number,
): Effect.Effect<SimpleDensity, SpecError | BackendError, Backend | Registry> =>
  Effect.gen(function* () {
    const [count, d] = train.shape as readonly [number, number]
    const scored = (components: number, baseSpec?: NestedSpec) =>
      Effect.gen(function* () {
        const base = baseSpec ? { baseSpec } : {}
        const { density, flowSpec } = yield* resolveFlow(identity, d, base)
        const params = density.init(makeKey(0))
        const scores = yield* scoreRows(density, params, validation)
        return { parts: { density, flowSpec, ...base, params }, scores, components }
      })
    let best: SimpleDensity = yield* scored(1)
    for (const components of ladder) {
      const numbers = (components * (d + 1) * (d + 2)) / 2
      if (numbers > Math.min(mostNumbers, count / rowsPerNumber)) break
      const { weights, loc, scaleTril } = fitGaussianMixture(train, { components, seed })
      const baseSpec = { _tag: "gaussian-mixture", weights, loc, scaleTril }
      const next: SimpleDensity = yield* scored(weights.length, baseSpec)
      if (!better(next.scores, best.scores, 2)) break
      best = next
    }
    return best
  })
