/**
 * Promises and plain arrays, for people who do not use Effect.
 */
import { type AnyPlugin, makeKey, registryLayer } from "@pushforward/core"
import {
  type DataError,
  fromColumns,
  fromRows,
  joinColumns,
  type RowsInput,
  type Table,
  toRows,
} from "@pushforward/data"
import { checkpointFolder, type CheckpointStore, type Coverage } from "@pushforward/training"
import { Effect, Exit, FileSystem, Layer, ManagedRuntime, Result, Scope, Stream } from "effect"
import type { FittedModel, FitRecord, Flow } from "./FittedModel.ts"
import { type BackendChoice, backendLayer, defaultBackend } from "./backendLayer.ts"
import type { ColumnOptions } from "./chooseColumns.ts"
import { type CoverOptions, coverTable } from "./coverTable.ts"
import { type Fitted, fitTable, type FitTableEvent, type FitTableOptions } from "./fitTable.ts"
import { fromFiles, type ModelFiles, toFiles } from "./modelFiles.ts"
import { loadModel, saveModel } from "./modelFolder.ts"
import { openModel } from "./openModel.ts"
import { standardPlugins } from "./plugins.ts"
import { prepareTable } from "./prepareTable.ts"
import { type Running, running } from "./running.ts"

/** Rows as people have them: arrays, a flat typed array with its width, or columns by name. */
export type Data = RowsInput | Readonly<Record<string, ArrayLike<number>>>

/** What every entry takes. */
export interface Environment {
  /** Default {@link defaultBackend}: `"onnx"` in Node, `"wasm"` in browsers. */
  readonly backend?: BackendChoice
  /** Plugins beside the standard ones. */
  readonly plugins?: ReadonlyArray<AnyPlugin>
}

/** How to fit rows. */
export interface FitRowsOptions
  extends Omit<FitTableOptions, "checkpoints" | "context">, Environment {
  /** Names of the columns, where the rows have none. */
  readonly columns?: ReadonlyArray<string>
  /** What each row is conditioned on, a row for each: the density is then that of rows given their context. */
  readonly context?: Data
  /**
   * A folder (Node) where the run is saved now and then, and when it is stopped. The same fit with the same folder goes on
   * there, to the same model as if it had never been stopped.
   */
  readonly checkpoint?: string
  /** Stops the fit; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a fit tells while it runs; the last event is for `await`. */
export type FitRunEvent = Exclude<FitTableEvent, Fitted>

/**
 * A fit under way: `await` it for the model, or iterate it for its events first.
 *
 * @category models
 */
export interface FitRun extends Running<FitRunEvent, Model> {}

/**
 * A fitted density. Nothing to dispose of: what scores and what draws is compiled by the first call that needs it, and let
 * go when the model is no longer in use.
 *
 * @category models
 */
export interface Model {
  readonly columns: ReadonlyArray<string>
  /** The columns that the density is conditioned on; none for most models. */
  readonly contextColumns: ReadonlyArray<string>
  /** How the fit went: held-out log-likelihood beside a Gaussian's, epochs, seconds, seed. */
  readonly record: FitRecord
  /** `log p(x)` of each row, in nats and the data's own units; given `context`, a row for each, of a conditional model. */
  readonly logProb: (rows: Data, options?: { readonly context?: Data }) => Promise<Float64Array>
  /**
   * `count` draws as rows; the same seed gives the same draws. Of a conditional model `count` for each row of `context`,
   * one row's after another's.
   */
  readonly sample: (
    count: number,
    options?: { readonly seed?: number; readonly context?: Data },
  ) => Promise<Array<Array<number>>>
  /**
   * How many rows lie in the regions of highest density that hold 10, 20, …, 95 % of the model's draws, given `context` of a
   * conditional model: as many, if it is calibrated. Give rows that it was not fitted to.
   */
  readonly coverage: (
    rows: Data,
    options?: CoverOptions & { readonly seed?: number; readonly context?: Data },
  ) => Promise<ReadonlyArray<Coverage>>
  /** Writes the model's folder (Node); an older one is replaced as a whole. */
  readonly save: (folder: string) => Promise<void>
  /** The model as files' bytes, for places without folders. */
  readonly toFiles: () => ModelFiles
}

/** One runtime per environment, shared by a fit and its model. */
export const runtimeOf = ({ backend = defaultBackend, plugins = [] }: Environment) =>
  ManagedRuntime.make(
    Layer.mergeAll(backendLayer(backend), registryLayer([...standardPlugins, ...plugins])),
  )

export type Runtime = ReturnType<typeof runtimeOf>

const isNamed = (data: Data): data is Readonly<Record<string, ArrayLike<number>>> =>
  !Array.isArray(data) && typeof (data as { columns?: unknown }).columns !== "number"

const tableOf = (data: Data, names?: ReadonlyArray<string>): Result.Result<Table, DataError> =>
  isNamed(data) ? fromColumns(data) : fromRows(data, names)

/** Contexts without names are `context1`, `context2`, … */
const contextTable = (data: Data): Result.Result<Table, DataError> =>
  Result.map(tableOf(data), (table) =>
    isNamed(data) ? table : { ...table, columns: table.columns.map((_, j) => `context${j + 1}`) },
  )

/** Rows for a fitted model, with their context: without names, columns are taken in the model's order. */
const tableFor = (
  model: FittedModel,
  data: Data,
  context: Data | undefined,
): Result.Result<Table, DataError> =>
  Result.gen(function* () {
    const table = yield* tableOf(data, model.columns)
    return context === undefined
      ? table
      : yield* joinColumns(table, yield* tableOf(context, model.context?.columns))
  })

const nodeFiles = Layer.unwrap(
  Effect.promise(async () => (await import("@effect/platform-node/NodeFileSystem")).layer),
) satisfies Layer.Layer<FileSystem.FileSystem>

/** The place for checkpoints in a folder (Node), if there is one. */
export const checkpointsIn = (
  folder: string | undefined,
): Effect.Effect<CheckpointStore | undefined> =>
  folder === undefined
    ? Effect.succeed(undefined)
    : checkpointFolder(folder).pipe(Effect.provide(nodeFiles))

/** Releases what models hold on their backend, once neither they nor calls of theirs are in use. */
const unused = new FinalizationRegistry((scope: Scope.Closeable) => {
  Effect.runFork(Scope.close(scope, Exit.void))
})

const wrap = (model: FittedModel, runtime: Runtime): Model => {
  const scope = Scope.makeUnsafe()
  unused.register(model, scope)
  const opened = Effect.runSync(Effect.cached(Scope.provide(openModel(model), scope)))
  return {
    columns: model.columns,
    contextColumns: model.context?.columns ?? [],
    record: model.record,
    logProb: (rows, { context } = {}) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const table = yield* Effect.fromResult(tableFor(model, rows, context))
          const { score } = yield* opened
          return yield* score(table)
        }),
      ),
    sample: (count, { seed = 0, context } = {}) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const given =
            context && (yield* Effect.fromResult(tableOf(context, model.context?.columns)))
          const { sample } = yield* opened
          return toRows(yield* sample(count, makeKey(seed), given))
        }),
      ),
    coverage: (rows, { context, seed = 0, ...how } = {}) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const table = yield* Effect.fromResult(tableFor(model, rows, context))
          return yield* coverTable(yield* opened, table, makeKey(seed), how)
        }),
      ),
    save: (folder) => runtime.runPromise(saveModel(model, folder).pipe(Effect.provide(nodeFiles))),
    toFiles: () => toFiles(model),
  }
}

/**
 * Fits a density to rows.
 *
 * **When to use**
 *
 * Use with data in memory and without Effect. With Effect, use `fitTable`.
 *
 * **Details**
 *
 * - `await fit(rows)` gives the model; `for await (const event of run)` tells how the fit goes
 * - Rejects with tagged errors (`_tag`: `DataError`, `SpecError`, `FitError`, `BackendError`). When training diverged, the
 *   error has the last good model, if there is one, as `model`
 *
 * **Example** (Fit, score, draw)
 *
 * ```ts
 * import { fit } from "pushforward"
 *
 * const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])
 * const model = await fit(rows, { epochs: 2, backend: "cpu" })
 * const scores = await model.logProb(rows)
 * const draws = await model.sample(5)
 * scores.length + draws.length // => 205
 * ```
 *
 * @category constructors
 */
export const fit = (rows: Data, options: FitRowsOptions = {}): FitRun => {
  const { columns, context, signal, backend, plugins, checkpoint, ...fitOptions } = options
  const runtime = runtimeOf({ ...(backend && { backend }), ...(plugins && { plugins }) })
  let lastGood: FittedModel | undefined
  return running<FitRunEvent, Model>((tell) =>
    runtime
      .runPromise(
        Effect.gen(function* () {
          const own = yield* Effect.fromResult(tableOf(rows, columns))
          const given = context && (yield* Effect.fromResult(contextTable(context)))
          const table = given ? yield* Effect.fromResult(joinColumns(own, given)) : own
          const checkpoints = yield* checkpointsIn(checkpoint)
          return yield* Stream.runFold(
            fitTable(table, {
              ...fitOptions,
              ...(given && { context: given.columns }),
              ...(checkpoints && { checkpoints }),
            }),
            (): FittedModel | undefined => undefined,
            (fitted, event) => {
              if (event._tag === "Fitted") return (lastGood = event.model)
              tell(event)
              return fitted
            },
          )
        }),
        signal && { signal },
      )
      .then(
        (fitted) => wrap(fitted!, runtime),
        (error: unknown) => {
          if (signal?.aborted) throw signal.reason
          throw lastGood ? Object.assign(error as Error, { model: wrap(lastGood, runtime) }) : error
        },
      ),
  )
}

/** Rows one after the other, and how many numbers each has. */
export type FlatRows = Extract<RowsInput, { readonly columns: number }>

/** The rows of a fit by what they are for: training, choosing the best epoch, the score at the end. */
export type Parts = Readonly<Record<"train" | "validation" | "heldOut", FlatRows>>

/** Which fit's rows: what {@link fit} takes to split them and to look at the columns. */
export interface SplitOptions
  extends Pick<FitRowsOptions, "columns" | "seed" | "splitSeed">, ColumnOptions {}

/**
 * The rows that a fit with the same options trains on, chooses by, and holds out for its score.
 *
 * **When to use**
 *
 * Use to compare another model with a fit on the very same rows: `model.record.heldOutLogLikelihood` is the mean of
 * `model.logProb` over `heldOut`.
 *
 * **Details**
 *
 * - Ties are broken with the fit's own noise: `heldOut` and `validation` are as they are scored, `train` has noise once,
 *   where the fit's is fresh at every step
 * - In the units of the data. Rejects with a `DataError` for rows that `fit` rejects
 *
 * **Example** (Four fifths, a tenth and a tenth)
 *
 * ```ts
 * import { splitRows } from "pushforward"
 *
 * const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])
 * const { train, validation, heldOut } = await splitRows(rows)
 * const numbers = [train, validation, heldOut].map(({ values }) => values.length) // => [320, 40, 40]
 * ```
 *
 * @category data
 */
export const splitRows = (rows: Data, options: SplitOptions = {}): Promise<Parts> => {
  const { columns, seed = 0, splitSeed = seed, ...choices } = options
  return Effect.runPromise(
    Effect.gen(function* () {
      const table = yield* Effect.fromResult(tableOf(rows, columns))
      const { noisy } = yield* prepareTable(
        table,
        { columns: table.columns, given: [] },
        splitSeed,
        choices,
      )
      const flat = ({ values }: Table): FlatRows => ({ values, columns: table.columns.length })
      return {
        train: flat(noisy.train),
        validation: flat(noisy.validation),
        heldOut: flat(noisy.heldOut),
      }
    }),
  )
}

/** Where a model's flow and plugins come from, when they are not the standard ones. */
export interface LoadOptions extends Environment {
  /** The flow, when it was composed in code. */
  readonly flow?: Flow
}

/**
 * Reads a model's folder (Node), or its files' bytes.
 *
 * **Details**
 *
 * - Rejects with `ModelError` for a folder that is not a model or is damaged, `SpecError` for a flow whose plugin is
 *   not registered: pass it as `plugins`
 *
 * @category constructors
 */
export const load = async (
  source: string | ModelFiles,
  options: LoadOptions = {},
): Promise<Model> => {
  const { flow, ...environment } = options
  const runtime = runtimeOf(environment)
  const model = await runtime.runPromise(
    typeof source === "string"
      ? loadModel(source, flow).pipe(Effect.provide(nodeFiles))
      : fromFiles(source, flow),
  )
  return wrap(model, runtime)
}
