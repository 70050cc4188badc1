/**
 * Tables for commands: from CSV files in memory, from NumPy matrices in parts.
 */
import { DataError, openNpy, readTable, type Table, type TableSource } from "@pushforward/data"
import { Effect, type FileSystem, Option } from "effect"

/** A table in memory or in parts, and the columns of its file that were left out because they are no numbers. */
export interface Data {
  readonly table: Table | TableSource
  readonly skipped: ReadonlyArray<string>
}

/** Reads a CSV file, or opens a NumPy matrix. `columns` are those to read, else all that are numbers. */
export const readData = (
  path: string,
  options: { readonly columns?: ReadonlyArray<string>; readonly chunkRows?: number } = {},
): Effect.Effect<Data, DataError, FileSystem.FileSystem> =>
  path.endsWith(".npy")
    ? Effect.map(openNpy(path, options), (table) => ({ table, skipped: [] }))
    : Effect.map(readTable(path, options), (table) => ({ table, skipped: table.skipped }))

/** The parts of a table one after another; a table in memory is one part. */
export const readParts = (
  table: Table | TableSource,
): ReadonlyArray<Effect.Effect<Table, DataError>> =>
  "read" in table ? table.chunkSizes.map((_, chunk) => table.read(chunk)) : [Effect.succeed(table)]

/** A file's name without its folder and its kind. */
export const nameOf = (path: string): string =>
  path.replace(/^.*[/\\]/, "").replace(/\.(csv(\.gz)?|npy)$/, "")

/** Names as they are given on the command line, separated by commas. */
export const namesIn = (list: string): ReadonlyArray<string> =>
  list.split(",").map((name) => name.trim())

/** The columns that a fit reads, as options of {@link readData}: all that are numbers, unless some are named. */
export const columnsToRead = (
  columns: Option.Option<string>,
  context: Option.Option<string>,
): { readonly columns?: ReadonlyArray<string> } => {
  if (Option.isNone(columns)) return {}
  const further = Option.isSome(context) ? namesIn(context.value) : []
  return { columns: [...new Set([...namesIn(columns.value), ...further])] }
}

/** A conditional model without the table that has its contexts, which `flag` should name. */
export const withoutContexts = (columns: ReadonlyArray<string>, flag: string): DataError =>
  new DataError({
    reason: "MissingColumn",
    problem: `the model is conditioned on ${columns.join(", ")}`,
    expected: `a table with ${columns.length === 1 ? "this column" : "these columns"}`,
    hint: `Give it as ${flag} table.csv.`,
    column: columns[0]!,
  })
