import type { BackendError, RandomKey } from "@pushforward/core"
import { type DataError, joinColumns, repeatRows, select, type Table } from "@pushforward/data"
import { coverage, type Coverage } from "@pushforward/training"
import { Effect } from "effect"
import { evenRows } from "./evenRows.ts"
import type { OpenModel } from "./openModel.ts"

/** How closely coverage is looked at. */
export interface CoverOptions {
  /** Rows that are looked at, at most. Default 1000. */
  readonly rows?: number
  /** Draws of the model for each of them. Default 100. */
  readonly draws?: number
}

/**
 * How many rows of a table lie in the regions of highest density that hold 10, 20, …, 90 and 95 % of a model's draws; of a
 * conditional model, of its draws in the row's context. See {@link coverage}.
 *
 * **Details**
 *
 * - A share of `n` rows has a standard error of `√(p (1 − p)/n)`: 1.6 % at a half of 1000 rows. Held-out rows tell of the
 *   model, training rows flatter it
 */
export const coverTable = (
  model: OpenModel,
  table: Table,
  key: RandomKey,
  { rows = 1000, draws = 100 }: CoverOptions = {},
): Effect.Effect<ReadonlyArray<Coverage>, DataError | BackendError> =>
  Effect.gen(function* () {
    const { context } = model
    const chosen = evenRows(table, rows)
    const truth = yield* model.score(chosen)
    const count = context ? draws : draws * chosen.rows
    const drawn = yield* model.sample(count, key, chosen)
    const given = context && (yield* Effect.fromResult(select(chosen, context.columns)))
    const all = given
      ? yield* Effect.fromResult(joinColumns(drawn, repeatRows(given, draws)))
      : drawn
    return coverage(truth, yield* model.score(all))
  })
