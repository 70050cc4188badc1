import {
  Backend,
  type BackendError,
  foldKey,
  makeKey,
  type Registry,
  type SpecError,
} from "@pushforward/core"
import {
  checkFittable,
  checkIndependent,
  type DataError,
  type Table,
  type TableSource,
} from "@pushforward/data"
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
  type Started,
} from "@pushforward/training"
import { Effect, Stream } from "effect"
import { type FittedModel, type Flow, resolveFlow, scoreTable } from "./FittedModel.ts"
import { chooseColumns, type ColumnOptions } from "./chooseColumns.ts"
import { splitSource, splitTable } from "./splitRows.ts"
import {
  breakTies,
  logDetsOf,
  standardizationOf,
  standardize,
  tieBreaker,
} from "./Standardization.ts"

/** How to fit a table. */
export interface FitTableOptions extends FitOptions, ColumnOptions {
  /**
   * A plugin's tag, a spec, or a bijector composed in code. Default `"maf"`; for one column, where a masked autoregressive
   * flow is only affine, a spline.
   */
  readonly flow?: Flow
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

/** One column gets a spline: a masked autoregressive flow would only be affine there. */
const defaultFlow = ({ columns }: Pick<Table, "columns">): Flow =>
  columns.length === 1
    ? {
        _tag: "chain",
        layers: [{ _tag: "rational-quadratic-spline", bins: 16 }, { _tag: "affine" }],
      }
    : "maf"

const isSource = (table: Table | TableSource): table is TableSource => "read" in table

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
 * - Columns with ties are trained with noise that breaks them, and the held-out rows scored with such noise; long tails are
 *   compressed. Both are part of the density, and told in a `Notice`; see {@link ColumnOptions}
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
      const {
        flow = defaultFlow(table),
        seed = 0,
        splitSeed = seed,
        breakTies: _,
        compressTails: __,
        ...fitOptions
      } = options
      const { density, flowSpec } = yield* resolveFlow(flow, table.columns.length)
      const split = isSource(table)
        ? yield* splitSource(table, splitSeed)
        : splitTable(yield* Effect.fromResult(checkFittable(table)), splitSeed)
      const { seen: train, validation, heldOut, rowNumbers } = split
      yield* Effect.fromResult(checkFittable(train))
      const { choices, notices } = chooseColumns(train, options)
      const noiseVariances = train.columns.map(
        (_name, j) => (choices.ties?.[j]?.noise ?? 0) ** 2 / 12,
      )
      yield* Effect.fromResult(checkIndependent(train, noiseVariances))
      const standardization = standardizationOf(train, choices)
      const key = foldKey(makeKey(splitSeed), "ties")
      const held = breakTies(standardization, heldOut, foldKey(key, "held out"))
      const chosen = breakTies(standardization, validation, foldKey(key, "validation"))
      const augment = tieBreaker(standardization)
      // What the densities of the two parts gain on average when they are taken to the table's units.
      const [trainLogDet, validationLogDet] = [train, chosen].map(
        (part) => meanAndError(logDetsOf(standardization, part)).mean,
      ) as [number, number]
      const bits = (nats: number): number =>
        bitsPerDimension(nats, { dimensions: table.columns.length })
      const { name: backend } = yield* Backend

      const finish = (done: Done): Effect.Effect<Fitted, DataError | BackendError, Backend> =>
        Effect.gen(function* () {
          const { columns } = table
          const model = { columns, standardization, flowSpec, density, params: done.params }
          const linear = standardizationOf(train)
          const noisy = breakTies(standardization, train, foldKey(key, "baseline"))
          const gaussian = gaussianBaseline(standardize(linear, noisy), standardize(linear, held))
          const gaussianLogDet = meanAndError(logDetsOf(linear, held)).mean
          const record = {
            rows: table.rows,
            seed,
            epochs: done.epochs,
            bestEpoch: done.bestEpoch,
            seconds: done.seconds,
            backend,
            gaussianLogLikelihood: meanAndError(gaussian).mean + gaussianLogDet,
            heldOutLogLikelihood: 0,
            standardError: 0,
          }
          const scores = meanAndError(yield* scoreTable({ ...model, record }, held))
          return {
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
        })

      const trained = fitEvents(
        density,
        {
          train: split.train((part) => standardize(standardization, part)),
          validation: standardize(standardization, chosen),
          ...(augment && { augment }),
          rowNumbers,
          columns: table.columns,
        },
        { ...fitOptions, seed },
      ).pipe(
        Stream.mapEffect(
          (event): Effect.Effect<FitTableEvent, DataError | BackendError, Backend> => {
            switch (event._tag) {
              case "Notice":
              case "Recovered":
              case "Started":
                return Effect.succeed(event)
              case "Progress":
                return Effect.succeed({
                  ...event,
                  trainLogLikelihood: event.trainLogLikelihood + trainLogDet,
                  trainBitsPerDimension: event.trainBitsPerDimension + bits(trainLogDet),
                })
              case "EpochDone":
                return Effect.succeed({
                  ...event,
                  trainLogLikelihood: event.trainLogLikelihood + trainLogDet,
                  validationLogLikelihood: event.validationLogLikelihood + validationLogDet,
                  trainBitsPerDimension: event.trainBitsPerDimension + bits(trainLogDet),
                  validationBitsPerDimension:
                    event.validationBitsPerDimension + bits(validationLogDet),
                })
              case "Done":
                return finish(event)
            }
          },
        ),
      )
      return Stream.concat(Stream.fromIterable<FitTableEvent>(notices), trained)
    }),
  )
