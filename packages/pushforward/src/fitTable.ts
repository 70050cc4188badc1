import {
  Backend,
  type BackendError,
  foldKey,
  makeKey,
  randomPermutation,
  type Registry,
  type SpecError,
} from "@pushforward/core"
import { checkFittable, type DataError, takeRows, type Table } from "@pushforward/data"
import {
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
import { logDetOf, standardizationOf, standardize } from "./Standardization.ts"

/** How to fit a table. */
export interface FitTableOptions extends FitOptions {
  /** A plugin's tag, a spec, or a bijector composed in code. Default `"maf"`. */
  readonly flow?: Flow
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

/** A tenth of the rows is held out to the end, a tenth chooses the best epoch; one row each at the least. */
const parts = (
  table: Table,
  seed: number,
): {
  readonly train: Table
  readonly validation: Table
  readonly heldOut: Table
  /** Where the training rows stand in the table. */
  readonly rowNumbers: Int32Array
} => {
  const order = randomPermutation(foldKey(makeKey(seed), "split"), table.rows)
  const tenth = Math.max(1, Math.floor(table.rows / 10))
  return {
    heldOut: takeRows(table, order.subarray(0, tenth)),
    validation: takeRows(table, order.subarray(tenth, 2 * tenth)),
    train: takeRows(table, order.subarray(2 * tenth)),
    rowNumbers: order.subarray(2 * tenth),
  }
}

/**
 * Fits a density to a table: splits, standardises, trains, and scores the held-out rows beside a Gaussian.
 *
 * **Details**
 *
 * - Events: `Started`, then `Progress` and `EpochDone`, at last `Fitted` with the model; a `Notice` at any time.
 *   Log-likelihoods are per row, in nats and in the table's units
 * - When training diverges for good, the last good model comes in a `Fitted` that is `stoppedBy: "divergence"`, and the
 *   stream fails after it
 * - Fails: `DataError` for rows that cannot be fitted, `SpecError` for a flow that does not compile, `FitError` when
 *   training diverges or a checkpoint is of no use, `BackendError` when the engine fails
 */
export const fitTable = (
  table: Table,
  options: FitTableOptions = {},
): Stream.Stream<FitTableEvent, FitTableError, Backend | Registry> =>
  Stream.unwrap(
    Effect.gen(function* () {
      yield* Effect.fromResult(checkFittable(table))
      const { flow = "maf", seed = 0, ...fitOptions } = options
      const { density, flowSpec } = yield* resolveFlow(flow, table.columns.length)
      const { train, validation, heldOut, rowNumbers } = parts(table, seed)
      yield* Effect.fromResult(checkFittable(train))
      const standardization = standardizationOf(train)
      const logDet = logDetOf(standardization)
      const rows = standardize(standardization, train)
      const { name: backend } = yield* Backend

      const finish = (done: Done): Effect.Effect<Fitted, DataError | BackendError, Backend> =>
        Effect.gen(function* () {
          const { columns } = table
          const model = { columns, standardization, flowSpec, density, params: done.params }
          const gaussian = gaussianBaseline(rows, standardize(standardization, heldOut))
          const record = {
            rows: table.rows,
            seed,
            epochs: done.epochs,
            bestEpoch: done.bestEpoch,
            seconds: done.seconds,
            backend,
            gaussianLogLikelihood: meanAndError(gaussian).mean + logDet,
            heldOutLogLikelihood: 0,
            standardError: 0,
          }
          const scores = meanAndError(yield* scoreTable({ ...model, record }, heldOut))
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

      return fitEvents(
        density,
        {
          train: rows,
          validation: standardize(standardization, validation),
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
                  trainLogLikelihood: event.trainLogLikelihood + logDet,
                })
              case "EpochDone":
                return Effect.succeed({
                  ...event,
                  trainLogLikelihood: event.trainLogLikelihood + logDet,
                  validationLogLikelihood: event.validationLogLikelihood + logDet,
                })
              case "Done":
                return finish(event)
            }
          },
        ),
      )
    }),
  )
