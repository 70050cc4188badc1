/**
 * A fitted density over the columns of a table, in the user's own units. A plain value.
 */
import {
  Backend,
  type BackendError,
  bijectorKind,
  isParametric,
  type Layer,
  type NestedSpec,
  type Params,
  type ParametricBijector,
  type RandomKey,
  Registry,
  type SpecError,
} from "@pushforward/core"
import { checkFinite, DataError, repeatRows, select, type Table } from "@pushforward/data"
import {
  type ParametricDistribution,
  standardNormal,
  transformed,
} from "@pushforward/distributions"
import { type Rows, sampleRows, scoreRows } from "@pushforward/training"
import { Effect, Result, Schema } from "effect"
import { logDetsOf, standardize, type Standardization, unstandardize } from "./Standardization.ts"

/** A flow as people give it: a plugin's tag, a spec, or a bijector composed in code. */
export type Flow = string | NestedSpec | Layer

/**
 * How a model came about.
 *
 * @category models
 */
export const FitRecord = Schema.Struct({
  rows: Schema.Int,
  seed: Schema.Int,
  epochs: Schema.Int,
  bestEpoch: Schema.Int,
  seconds: Schema.Finite,
  backend: Schema.String,
  heldOutLogLikelihood: Schema.Finite,
  standardError: Schema.Finite,
  gaussianLogLikelihood: Schema.Finite,
})
export type FitRecord = typeof FitRecord.Type

/** Columns, and the way from the user's units to the flow's. */
export interface ModelColumns {
  readonly columns: ReadonlyArray<string>
  readonly standardization: Standardization
}

/**
 * **Details**
 *
 * - `density` is over standardised columns; `standardization` leads to the user's units
 * - `context`: the columns that the density is conditioned on, if it is
 * - `flowSpec` is absent for a flow composed in code
 *
 * @category models
 */
export interface FittedModel extends ModelColumns {
  readonly context?: ModelColumns
  readonly flowSpec: NestedSpec | undefined
  readonly density: ParametricDistribution
  readonly params: Params
  readonly record: FitRecord
}

const isLayer = (flow: Flow): flow is Layer => typeof flow === "object" && "eventRankIn" in flow

/** The flow's recipe over `width` columns given `contextWidth` others, and its spec if it has one. */
export const resolveFlow = (
  flow: Flow,
  width: number,
  contextWidth = 0,
): Effect.Effect<
  { readonly density: ParametricDistribution; readonly flowSpec: NestedSpec | undefined },
  SpecError,
  Registry
> =>
  Effect.gen(function* () {
    const registry = yield* Registry
    const flowSpec = isLayer(flow) ? undefined : typeof flow === "string" ? { _tag: flow } : flow
    const target = {
      eventShape: [width],
      ...(contextWidth > 0 && { contextShape: [contextWidth] }),
    }
    const layer = isLayer(flow)
      ? flow
      : yield* Effect.fromResult(registry.compile(bijectorKind, flowSpec, target))
    return { density: transformed(standardNormal([width]), asRecipe(layer)), flowSpec }
  })

/** A finished bijector as a recipe without parameters. */
const asRecipe = (layer: Layer): ParametricBijector =>
  isParametric(layer) ? layer : { ...layer, init: () => ({}), build: () => layer }

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
 * The log density of every row, in nats, in the units of the table; of a conditional model that given the row's context.
 * Columns are found by name, others are ignored.
 */
export const scoreTable = (
  model: FittedModel,
  table: Table,
): Effect.Effect<Float64Array, DataError | BackendError, Backend> =>
  Effect.gen(function* () {
    const chosen = yield* Effect.fromResult(select(table, model.columns))
    yield* Effect.fromResult(checkFinite(chosen))
    const scores = yield* scoreRows(
      model.density,
      model.params,
      standardize(model.standardization, chosen),
      yield* contextOf(model, table),
    )
    return logDetsOf(model.standardization, chosen).map((logDet, i) => scores[i]! + logDet)
  })

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
  Effect.gen(function* () {
    if (model.context && context === undefined) {
      return yield* withoutContext(model.context.columns)
    }
    const given = model.context && context && (yield* contextOf(model, repeatRows(context, count)))
    const total = given ? given.shape[0]! : count
    const rows = yield* sampleRows(model.density, model.params, total, key, given)
    return {
      columns: model.columns,
      rows: total,
      values: unstandardize(model.standardization, rows),
    }
  })
