import {
  Backend,
  type BackendError,
  type Params,
  type Registry,
  type SpecError,
} from "@pushforward/core"
import { DataError, select, type Table, type TableSource } from "@pushforward/data"
import {
  bitsPerDimension,
  type Done,
  type EpochDone,
  type FitError,
  fitEvents,
  type FitOptions,
  gaussianBaseline,
  meanAndError,
  type Notice,
  type Progress,
  type Recovered,
  scoreRows,
  type Started,
} from "@pushforward/training"
import { Effect, Result, Stream } from "effect"
import { type FittedModel, type Flow, type ModelColumns, resolveFlow } from "./FittedModel.ts"
import { evenRows } from "./evenRows.ts"
import { chooseContext, type ColumnOptions, lookAtRows } from "./chooseColumns.ts"
import { scoreTable } from "./openModel.ts"
import { beside, prepareTable } from "./prepareTable.ts"
import { recipeFor } from "./recipeFor.ts"
import { isWorthIt, rowsForMixtures, simplestDensity } from "./simplestDensity.ts"
import { pick } from "./splitRows.ts"
import { logDetsOf, standardizationOf, standardize, tieBreaker } from "./Standardization.ts"

/** How to fit a table: the default flow, and how it is trained, go by what the table is like. */
export interface FitTableOptions extends FitOptions, ColumnOptions {
  /**
   * A plugin's tag, a spec, or a bijector composed in code, trained by the defaults of {@link FitOptions}. Default: a
   * `maf` of affine layers for rows near a Gaussian, else a `maf` of two layers of splines; for one column a spline of its
   * own; each with a learning rate, a penalty and an average that suit it. Where that is no better on the validation rows
   * than a Gaussian, or clearly worse than a mixture of a few, the model is that one.
   */
  readonly flow?: Flow
  /** Columns to condition on: the density is that of the other columns, given these. Default none. */
  readonly context?: ReadonlyArray<string>
  /** Seed of the split into training, validation and held-out rows, to compare seeds on the same rows. Default `seed`. */
  readonly splitSeed?: number
}

/**
 * The end of a fit: the model and its record. Its log-likelihoods are of the held-out rows, per row, in nats and the
 * user's units.
 */
export interface Fitted {
  readonly _tag: "Fitted"
  readonly model: FittedModel
  readonly stoppedBy: Done["stoppedBy"]
}

/** What fitting a table tells, in order. */
export type FitTableEvent = Notice | Recovered | Started | Progress | EpochDone | Fitted

/** What can go wrong. */
export type FitTableError = DataError | SpecError | FitError | BackendError

/** The columns whose density is fitted: those that are not conditioned on. */
const fittedColumns = (
  columns: ReadonlyArray<string>,
  context: ReadonlyArray<string>,
): Result.Result<ReadonlyArray<string>, DataError> =>
  Result.gen(function* () {
    if (context.length === 0) return columns
    yield* select({ columns, rows: 0, values: new Float64Array() }, context)
    const fitted = columns.filter((name) => !context.includes(name))
    if (fitted.length > 0) return fitted
    return yield* Result.fail(
      new DataError({
        reason: "NoNumericColumns",
        problem: "every column is one to condition on",
        expected: "1 column or more whose density is fitted",
        hint: "Leave one out of the context.",
      }),
    )
  })

/**
 * Fits a density to a table: splits, looks at the columns, standardises, trains, and scores the held-out rows beside a
 * Gaussian.
 *
 * **Details**
 *
 * - Events: `Started`, then `Progress` and `EpochDone`, at last `Fitted` with the model; a `Notice` at any time.
 *   Log-likelihoods are per row, in nats and in the table's units
 * - A `TableSource` is read in chunks: once before training, once an epoch, in a random order; 65,536 rows are shuffled
 *   together and held in memory at a time, beside up to 200,000 that are looked at, chosen by and held out
 * - With `context` the density is conditional: of the other columns given those. The Gaussian beside it is then a linear
 *   regression with normal noise; a `TableSource` is read twice an epoch
 * - Columns with ties are trained with noise that breaks them, and the held-out rows scored with such noise; long tails are
 *   compressed. Both are part of the density, and told in a `Notice`; see {@link ColumnOptions}
 * - Rows near a Gaussian are whitened, also as a part of the density; see the note 0013 in docs/design
 * - Unless a `flow` is named, the model is a Gaussian where the trained flow is no better on the validation rows, or a
 *   mixture of a few where that is clearly better, and a `Notice` says so; see the note 0014
 * - When training diverges for good, the last good model comes in a `Fitted` that is `stoppedBy: "divergence"`, and the
 *   stream fails after it
 * - Fails: `DataError` for rows that cannot be fitted, `SpecError` for a flow that does not compile, `FitError` when
 *   training diverges or a checkpoint is of no use, `BackendError` when the engine fails
 */
export const fitTable = (
  table: Table | TableSource,
  options: FitTableOptions = {},
): Stream.Stream<FitTableEvent, FitTableError, Backend | Registry> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { context: given = [] } = options
      const columns = yield* Effect.fromResult(fittedColumns(table.columns, given))
      const {
        seed = 0,
        splitSeed = seed,
        breakTies: _,
        compressTails: __,
        whiten: ___,
        context: ____,
        flow: chosenFlow,
        ...fitOptions
      } = options
      const compile = (flow: Flow) =>
        resolveFlow(flow, columns.length, { contextWidth: given.length })
      const own = chosenFlow === undefined ? undefined : yield* compile(chosenFlow)
      const { split, standardization, notices, train, noisy, ...traits } = yield* prepareTable(
        table,
        { columns, given },
        splitSeed,
        options,
      )
      const { seen, rowNumbers } = split
      const recipe = recipeFor({
        columns: columns.length,
        rows: rowNumbers.length,
        given: given.length,
        ...traits,
      })
      const { density, flowSpec } = own ?? (yield* compile(recipe.flow))
      const context = given.length === 0 ? undefined : contextOf(pick(seen, given), options)
      const augment = tieBreaker(standardization)
      // What the densities of the two parts gain on average when they are taken to the table's units.
      const [trainLogDet, validationLogDet] = [train, noisy.validation].map(
        (part) => meanAndError(logDetsOf(standardization, part)).mean,
      ) as [number, number]
      const bits = (nats: number): number => bitsPerDimension(nats, { dimensions: columns.length })
      const { name: backend } = yield* Backend

      const validation = standardize(standardization, noisy.validation)

      /** The flow that was trained, unless it is the recipe's own and a density without one does as well. */
      const chosen = (params: Params) =>
        Effect.gen(function* () {
          const trained = { parts: { flowSpec, density, params }, told: [] }
          if (own || given.length > 0) return trained
          const scores = yield* scoreRows(density, params, validation)
          const simplest = yield* simplestDensity(
            standardize(standardization, evenRows(noisy.train, rowsForMixtures)),
            validation,
            seed,
          )
          return isWorthIt(scores, simplest)
            ? trained
            : { parts: simplest.parts, told: [notWorthAFlow(simplest.components)] }
        })

      const finish = (done: Done) =>
        Effect.gen(function* () {
          const { parts, told } = yield* chosen(done.params)
          const model = {
            columns,
            standardization,
            ...(context && { context: context.model }),
            ...parts,
          }
          const rows = beside(given, split.heldOut, noisy.heldOut)
          // Of a conditional density: log N(c, x) − log N(c).
          const gaussian =
            meanGaussian(beside(given, seen, noisy.train), rows) -
            (context ? meanGaussian(pick(seen, given), pick(split.heldOut, given)) : 0)
          const record = {
            rows: table.rows,
            seed,
            epochs: done.epochs,
            bestEpoch: done.bestEpoch,
            seconds: done.seconds,
            backend,
            gaussianLogLikelihood: gaussian,
            heldOutLogLikelihood: 0,
            standardError: 0,
          }
          const scores = meanAndError(yield* scoreTable({ ...model, record }, rows))
          const fitted: Fitted = {
            _tag: "Fitted",
            stoppedBy: done.stoppedBy,
            model: {
              ...model,
              record: {
                ...record,
                heldOutLogLikelihood: scores.mean,
                standardError: scores.standardError,
              },
            },
          }
          return [...told, fitted]
        })

      const trained = fitEvents(
        density,
        {
          train: split.train(columns, (part) => standardize(standardization, part)),
          validation,
          ...(context && {
            context: split.train(given, (part) => standardize(context.model.standardization, part)),
            validationContext: standardize(
              context.model.standardization,
              pick(split.validation, given),
            ),
            contextColumns: given,
          }),
          ...(augment && { augment }),
          rowNumbers,
          columns,
        },
        { ...(own ? {} : recipe.training), ...fitOptions, seed },
      ).pipe(
        Stream.flatMap(
          (
            event,
          ): Stream.Stream<
            FitTableEvent,
            DataError | SpecError | BackendError,
            Backend | Registry
          > => {
            switch (event._tag) {
              case "Notice":
              case "Recovered":
              case "Started":
                return Stream.succeed(event)
              case "Progress":
                return Stream.succeed({
                  ...event,
                  trainLogLikelihood: event.trainLogLikelihood + trainLogDet,
                  trainBitsPerDimension: event.trainBitsPerDimension + bits(trainLogDet),
                })
              case "EpochDone":
                return Stream.succeed({
                  ...event,
                  trainLogLikelihood: event.trainLogLikelihood + trainLogDet,
                  validationLogLikelihood: event.validationLogLikelihood + validationLogDet,
                  trainBitsPerDimension: event.trainBitsPerDimension + bits(trainLogDet),
                  validationBitsPerDimension:
                    event.validationBitsPerDimension + bits(validationLogDet),
                })
              case "Done":
                return Stream.fromIterableEffect(finish(event))
            }
          },
        ),
      )
      const all = [...notices, ...(context?.notices ?? []), ...lookAtRows(seen)]
      return Stream.concat(Stream.fromIterable<FitTableEvent>(all), trained)
    }),
  )

/** Told when a density without a flow is kept, of so many components. */
const notWorthAFlow = (components: number): Notice => ({
  _tag: "Notice",
  about: "Simple",
  problem:
    components === 1
      ? "a flow is no better on the validation rows than a Gaussian"
      : `a flow is worse on the validation rows than a mixture of ${components} Gaussians`,
  hint: `That is the model. Name a flow, "maf" say, to get it all the same.`,
})

/** What a density is conditioned on: the columns' standardisation, and what is said about them. */
const contextOf = (table: Table, options: ColumnOptions) => {
  const { choices, notices } = chooseContext(table, options)
  const model: ModelColumns = {
    columns: table.columns,
    standardization: standardizationOf(table, choices),
  }
  return { model, notices }
}

/** The mean log density of test rows under a Gaussian of the training rows, in nats and the tables' units. */
const meanGaussian = (train: Table, test: Table): number => {
  const linear = standardizationOf(train)
  const scores = gaussianBaseline(standardize(linear, train), standardize(linear, test))
  return meanAndError(scores).mean + meanAndError(logDetsOf(linear, test)).mean
}
