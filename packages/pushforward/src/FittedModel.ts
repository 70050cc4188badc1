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
import { checkFinite, type DataError, select, type Table } from "@pushforward/data"
import {
  type ParametricDistribution,
  standardNormal,
  transformed,
} from "@pushforward/distributions"
import { sampleRows, scoreRows } from "@pushforward/training"
import { Effect, Schema } from "effect"
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

/**
 * **Details**
 *
 * - `density` is over standardised columns; `standardization` leads to the user's units
 * - `flowSpec` is absent for a flow composed in code
 *
 * @category models
 */
export interface FittedModel {
  readonly columns: ReadonlyArray<string>
  readonly standardization: Standardization
  readonly flowSpec: NestedSpec | undefined
  readonly density: ParametricDistribution
  readonly params: Params
  readonly record: FitRecord
}

const isLayer = (flow: Flow): flow is Layer => typeof flow === "object" && "eventRankIn" in flow

/** The flow's recipe over `width` columns, and its spec if it has one. */
export const resolveFlow = (
  flow: Flow,
  width: number,
): Effect.Effect<
  { readonly density: ParametricDistribution; readonly flowSpec: NestedSpec | undefined },
  SpecError,
  Registry
> =>
  Effect.gen(function* () {
    const registry = yield* Registry
    const flowSpec = isLayer(flow) ? undefined : typeof flow === "string" ? { _tag: flow } : flow
    const layer = isLayer(flow)
      ? flow
      : yield* Effect.fromResult(registry.compile(bijectorKind, flowSpec, { eventShape: [width] }))
    return { density: transformed(standardNormal([width]), asRecipe(layer)), flowSpec }
  })

/** A finished bijector as a recipe without parameters. */
const asRecipe = (layer: Layer): ParametricBijector =>
  isParametric(layer) ? layer : { ...layer, init: () => ({}), build: () => layer }

/**
 * The log density of every row, in nats, in the units of the table. Columns are found by name, others are ignored.
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
    )
    return logDetsOf(model.standardization, chosen).map((logDet, i) => scores[i]! + logDet)
  })

/** `count` draws, as a table in the user's units. */
export const sampleTable = (
  model: FittedModel,
  count: number,
  key: RandomKey,
): Effect.Effect<Table, BackendError, Backend> =>
  Effect.map(sampleRows(model.density, model.params, count, key), (rows) => ({
    columns: model.columns,
    rows: count,
    values: unstandardize(model.standardization, rows),
  }))
