import { select, type Table } from "@pushforward/data"
import { Result } from "effect"

/** `[columns][columns]`: the correlation of every pair of columns. */
const correlations = ({ columns, rows, values }: Table): ReadonlyArray<ReadonlyArray<number>> => {
  const d = columns.length
  const means = columns.map((_, j) => {
    let sum = 0
    for (let i = 0; i < rows; i++) sum += values[i * d + j]!
    return sum / rows
  })
  const product = (j: number, k: number): number => {
    let sum = 0
    for (let i = 0; i < rows; i++) {
      sum += (values[i * d + j]! - means[j]!) * (values[i * d + k]! - means[k]!)
    }
    return sum
  }
  const squares = columns.map((_, j) => product(j, j))
  return columns.map((_, j) =>
    columns.map((__, k) => product(j, k) / Math.sqrt(squares[j]! * squares[k]!)),
  )
}

/**
 * Drops columns until no two that are left correlate above `most`: again and again the first that does, so that of
 * several alike the last stays.
 */
export const uncorrelated = (table: Table, most = 0.98): Table => {
  const correlation = correlations(table)
  const kept = new Set(table.columns.keys())
  for (const j of table.columns.keys()) {
    kept.delete(j)
    if (![...kept].some((k) => correlation[j]![k]! > most)) kept.add(j)
  }
  return Result.getOrThrow(
    select(
      table,
      table.columns.filter((_, j) => kept.has(j)),
    ),
  )
}
