import { foldKey, makeKey, type RandomKey, randomPermutation } from "@pushforward/core"
import {
  DataError,
  joinRows,
  select,
  type Table,
  type TableSource,
  takeRows,
} from "@pushforward/data"
import type { RowSource, Rows } from "@pushforward/training"
import { Effect, Result } from "effect"

/** Rows of a table, by what they are for. */
export interface SplitRows {
  /** Choose the best epoch. */
  readonly validation: Table
  /** Are scored at the end. */
  readonly heldOut: Table
  /** Training rows to look at: all of them, or of a table that is read in chunks so many that they fit into memory. */
  readonly seen: Table
  /** Some columns of all training rows, changed chunk by chunk. */
  readonly train: (
    columns: ReadonlyArray<string>,
    change: (part: Table) => Rows,
  ) => Rows | RowSource<DataError>
  /** Where each training row stands in the table. */
  readonly rowNumbers: Int32Array
}

/** Rows in each of the two held-out parts, at most. */
const mostHeldOut = 50_000

/** Rows that are looked at of a table that is read in chunks. */
const mostSeen = 100_000

/** Columns of a table that are known to be there; the table itself where these are all of them. */
export const pick = (table: Table, columns: ReadonlyArray<string>): Table =>
  columns.length === table.columns.length ? table : Result.getOrThrow(select(table, columns))

const splitKey = (seed: number): RandomKey => foldKey(makeKey(seed), "split")

/** A tenth of the rows is held out to the end, a tenth chooses the best epoch: one row each at the least. */
export const splitTable = (table: Table, seed: number): SplitRows => {
  const order = randomPermutation(splitKey(seed), table.rows)
  const tenth = Math.max(1, Math.min(mostHeldOut, Math.floor(table.rows / 10)))
  const seen = takeRows(table, order.subarray(2 * tenth))
  return {
    heldOut: takeRows(table, order.subarray(0, tenth)),
    validation: takeRows(table, order.subarray(tenth, 2 * tenth)),
    seen,
    train: (columns, change) => change(pick(seen, columns)),
    rowNumbers: order.subarray(2 * tenth),
  }
}

/** The same of a table that is read in chunks: each gives its share to each part. Reads the table once. */
export const splitSource = (
  source: TableSource,
  seed: number,
): Effect.Effect<SplitRows, DataError> =>
  Effect.gen(function* () {
    const { rows, chunkSizes } = source
    const key = splitKey(seed)
    const share = Math.min(0.1, mostHeldOut / rows)
    let before = 0
    const chunks = chunkSizes.map((size, i) => {
      const [from, to] = [before, before + size]
      before = to
      const part = Math.floor(to * share) - Math.floor(from * share)
      const order = randomPermutation(foldKey(key, i), size)
      return {
        from,
        heldOut: order.subarray(0, part),
        validation: order.subarray(part, 2 * part),
        train: order.subarray(2 * part),
      }
    })
    const seenShare = Math.min(1, mostSeen / rows)
    const parts = { heldOut: [], validation: [], seen: [] } as Record<string, Array<Table>>
    for (const [i, { heldOut, validation, train }] of chunks.entries()) {
      const chunk = yield* source.read(i)
      const bad = chunk.values.findIndex((value) => !Number.isFinite(value))
      if (bad >= 0) yield* notFinite(chunk, bad, chunks[i]!.from)
      parts["heldOut"]!.push(takeRows(chunk, heldOut))
      parts["validation"]!.push(takeRows(chunk, validation))
      parts["seen"]!.push(takeRows(chunk, train.subarray(0, Math.ceil(seenShare * train.length))))
    }
    const seen = joinRows(parts["seen"]!)
    const rowNumbers = new Int32Array(chunks.reduce((sum, { train }) => sum + train.length, 0))
    let at = 0
    for (const { from, train } of chunks) for (const row of train) rowNumbers[at++] = from + row
    return {
      heldOut: joinRows(parts["heldOut"]!),
      validation: joinRows(parts["validation"]!),
      seen,
      rowNumbers,
      train: (chosen, change) => ({
        count: rowNumbers.length,
        eventShape: [chosen.length],
        chunkSizes: chunks.map(({ train }) => train.length),
        read: (i) =>
          Effect.map(source.read(i), (chunk) =>
            change(takeRows(pick(chunk, chosen), chunks[i]!.train)),
          ),
        fingerprint: () =>
          `${rows}x${chosen.join(",")} ${pick(seen, chosen).values.reduce((sum, v) => sum + v, 0)}`,
      }),
    }
  })

const notFinite = ({ columns, values }: Table, at: number, from: number): DataError => {
  const row = from + Math.floor(at / columns.length)
  const column = columns[at % columns.length]!
  return new DataError({
    reason: "NotFinite",
    problem: `column ${JSON.stringify(column)} is ${values[at]} in row ${row} (counting from 0)`,
    expected: "finite numbers",
    hint: "Remove or fill this row, and others like it.",
    column,
    rows: [row],
  })
}
