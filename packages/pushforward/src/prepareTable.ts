import { foldKey, makeKey } from "@pushforward/core"
import {
  checkFittable,
  checkIndependent,
  type DataError,
  joinColumns,
  type Table,
  type TableSource,
} from "@pushforward/data"
import type { Notice, Rows } from "@pushforward/training"
import { Effect, Result } from "effect"
import { chooseColumns, type ColumnOptions } from "./chooseColumns.ts"
import { shapeGain } from "./shapeGain.ts"
import { pick, type SplitRows, splitSource, splitTable } from "./splitRows.ts"
import {
  breakTies,
  type Standardization,
  standardizationOf,
  standardize,
} from "./Standardization.ts"
import { whiteningOf } from "./whitening.ts"

/** Which columns' density is fitted, and which it is conditioned on. */
export interface TableColumns {
  readonly columns: ReadonlyArray<string>
  readonly given: ReadonlyArray<string>
}

/** A table that is split and looked at. */
export interface PreparedTable {
  readonly split: SplitRows
  readonly standardization: Standardization
  /** Whether correlations tell more about the rows than the columns' own shapes do. */
  readonly nearGaussian: boolean
  /** The largest magnitude of a training row's elements in the flow's units: deviations, once whitened. */
  readonly farthest: number
  readonly notices: ReadonlyArray<Notice>
  /** The fitted columns of training rows, as they are; of a source those that are looked at. */
  readonly train: Table
  /** The fitted columns of each part, with ties broken by noise from a fixed key. */
  readonly noisy: Readonly<Record<"train" | "validation" | "heldOut", Table>>
}

const isSource = (table: Table | TableSource): table is TableSource => "read" in table

/** A table with the named columns of another, if any, before its own. */
export const beside = (names: ReadonlyArray<string>, whole: Table, table: Table): Table =>
  names.length === 0 ? table : Result.getOrThrow(joinColumns(pick(whole, names), table))

/** Splits a table and looks at the columns of its training rows. */
export const prepareTable = (
  table: Table | TableSource,
  { columns, given }: TableColumns,
  splitSeed: number,
  options: ColumnOptions,
): Effect.Effect<PreparedTable, DataError> =>
  Effect.gen(function* () {
    const split = isSource(table)
      ? yield* splitSource(table, splitSeed)
      : splitTable(yield* Effect.fromResult(checkFittable(table)), splitSeed)
    const { seen } = split
    yield* Effect.fromResult(checkFittable(seen))
    const [train, validation, heldOut] = [seen, split.validation, split.heldOut].map((part) =>
      pick(part, columns),
    ) as [Table, Table, Table]
    const { choices, notices } = chooseColumns(train, options)
    const noiseVariances = columns.map((_name, j) => (choices.ties?.[j]?.noise ?? 0) ** 2 / 12)
    // Columns that are conditioned on may depend on each other.
    yield* Effect.fromResult(
      checkIndependent(beside(given, seen, train), [
        ...given.map(() => Infinity),
        ...noiseVariances,
      ]),
    )
    const columnwise = standardizationOf(train, choices)
    const key = foldKey(makeKey(splitSeed), "ties")
    const noisy = {
      train: breakTies(columnwise, train, foldKey(key, "baseline")),
      validation: breakTies(columnwise, validation, foldKey(key, "validation")),
      heldOut: breakTies(columnwise, heldOut, foldKey(key, "held out")),
    }
    const [rows, judges] = [noisy.train, noisy.validation].map((part) =>
      standardize(columnwise, part),
    ) as [Rows, Rows]
    const found = whiteningOf(rows, judges)
    const nearGaussian = (found?.gain ?? 0) >= shapeGain(rows, judges)
    // What columns share may be what the context tells.
    const { whiten = nearGaussian && given.length === 0 } = options
    const whitening = whiten ? found?.whitening : undefined
    const standardization = { ...columnwise, ...(whitening && { whitening }) }
    const units = whitening ? standardize(standardization, noisy.train) : rows
    return {
      split,
      standardization,
      nearGaussian,
      farthest: units.values.reduce((most, z) => Math.max(most, Math.abs(z)), 0),
      notices,
      train,
      noisy,
    }
  })
