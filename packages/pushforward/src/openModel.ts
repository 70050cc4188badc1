/**
 * Scoring and sampling a fitted density, compiled when first needed and kept while the model is open.
 */
import { Backend, type BackendError, type RandomKey } from "@pushforward/core"
import { checkFinite, DataError, repeatRows, select, type Table } from "@pushforward/data"
import { compileSampler, compileScorer, type Rows } from "@pushforward/training"
import { Effect, Result, type Scope } from "effect"
import type { FittedModel } from "./FittedModel.ts"
import { logDetsOf, standardize, unstandardize } from "./Standardization.ts"

/**
 * A model on a backend, until its scope ends.
 *
 * **Details**
 *
 * - `score`: see {@link scoreTable}; `sample`: see {@link sampleTable}
 *
 * @category models
 */
export interface OpenModel extends FittedModel {
  readonly score: (table: Table) => Effect.Effect<Float64Array, DataError | BackendError>
  readonly sample: (
    count: number,
    key: RandomKey,
    context?: Table,
  ) => Effect.Effect<Table, DataError | BackendError>
}

/** What rows are conditioned on, in the flow's units; `undefined` for a density without a context. */
const contextOf = (
  { context }: FittedModel,
  table: Table,
): Effect.Effect<Rows | undefined, DataError> =>
  context === undefined
    ? Effect.succeed(undefined)
    : Effect.fromResult(
        select(table, context.columns).pipe(
          Result.flatMap(checkFinite),
          Result.mapBoth({
            onSuccess: (chosen) => standardize(context.standardization, chosen),
            onFailure: (error) =>
              error.reason === "MissingColumn" ? withoutContext(context.columns, error) : error,
          }),
        ),
      )

const withoutContext = (columns: ReadonlyArray<string>, missing?: DataError): DataError =>
  new DataError({
    reason: "MissingColumn",
    problem: missing?.problem ?? "no context is given",
    expected: `the columns that the model is conditioned on: ${columns.join(", ")}`,
    hint: "Give them as context, or as further columns by name.",
    column: missing?.column ?? columns[0]!,
  })

/**
 * Opens a model on the backend, for many calls: what scores and what draws is compiled once each, when it is first needed.
 *
 * @category constructors
 */
export const openModel = (
  model: FittedModel,
): Effect.Effect<OpenModel, never, Backend | Scope.Scope> =>
  Effect.gen(function* () {
    const { columns, context, standardization, density, params } = model
    const services = yield* Effect.context<Backend | Scope.Scope>()
    const contextShape = context && [context.columns.length]
    const [scorer, sampler] = yield* Effect.all([
      Effect.cached(Effect.provide(compileScorer(density, params, contextShape), services)),
      Effect.cached(Effect.provide(compileSampler(density, params, contextShape), services)),
    ])
    return {
      ...model,
      score: (table) =>
        Effect.gen(function* () {
          const chosen = yield* Effect.fromResult(select(table, columns))
          yield* Effect.fromResult(checkFinite(chosen))
          const given = yield* contextOf(model, table)
          const score = yield* scorer
          const scores = yield* score(standardize(standardization, chosen), given)
          return logDetsOf(standardization, chosen).map((logDet, i) => scores[i]! + logDet)
        }),
      sample: (count, key, contexts) =>
        Effect.gen(function* () {
          if (context && contexts === undefined) return yield* withoutContext(context.columns)
          const given =
            context && contexts && (yield* contextOf(model, repeatRows(contexts, count)))
          const total = given ? given.shape[0]! : count
          const sample = yield* sampler
          const rows = yield* sample(total, key, given)
          return { columns, rows: total, values: unstandardize(standardization, rows) }
        }),
    }
  })

/**
 * The log density of every row, in nats, in the units of the table; of a conditional model that given the row's context.
 * Columns are found by name, others are ignored.
 */
export const scoreTable = (
  model: FittedModel,
  table: Table,
): Effect.Effect<Float64Array, DataError | BackendError, Backend> =>
  Effect.scoped(Effect.flatMap(openModel(model), ({ score }) => score(table)))

/**
 * `count` draws, as a table in the user's units; of a conditional model `count` draws for each row of `context`, one row's
 * after another's.
 */
export const sampleTable = (
  model: FittedModel,
  count: number,
  key: RandomKey,
  context?: Table,
): Effect.Effect<Table, DataError | BackendError, Backend> =>
  Effect.scoped(Effect.flatMap(openModel(model), ({ sample }) => sample(count, key, context)))
