/**
 * A fitted density over the columns of a table, in the user's own units. A plain value.
 */
import {
  bijectorKind,
  isParametric,
  type Layer,
  type NestedSpec,
  type Params,
  type ParametricBijector,
  Registry,
  type SpecError,
} from "@pushforward/core"
import {
  distributionKind,
  type ParametricDistribution,
  standardNormal,
  transformed,
} from "@pushforward/distributions"
import { Effect, Schema } from "effect"
import type { Standardization } from "./Standardization.ts"

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
 * - `flowSpec` is absent for a flow composed in code, `baseSpec` where the flow's base is the standard normal
 *
 * @category models
 */
export interface FittedModel extends ModelColumns {
  readonly context?: ModelColumns
  readonly flowSpec: NestedSpec | undefined
  readonly baseSpec?: NestedSpec
  readonly density: ParametricDistribution
  readonly params: Params
  readonly record: FitRecord
}

const isLayer = (flow: Flow): flow is Layer => typeof flow === "object" && "eventRankIn" in flow

/** The flow's recipe over `width` columns given `contextWidth` others, on its base, and its spec if it has one. */
export const resolveFlow = (
  flow: Flow,
  width: number,
  { contextWidth = 0, baseSpec }: { contextWidth?: number; baseSpec?: NestedSpec } = {},
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
    const base = baseSpec
      ? yield* Effect.fromResult(
          registry.compile(distributionKind, baseSpec, { eventShape: [width] }),
        )
      : standardNormal([width])
    return { density: transformed(base, asRecipe(layer)), flowSpec }
  })

/** A finished bijector as a recipe without parameters. */
const asRecipe = (layer: Layer): ParametricBijector =>
  isParametric(layer) ? layer : { ...layer, init: () => ({}), build: () => layer }
