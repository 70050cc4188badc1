import { type Table, takeRows } from "@pushforward/data"

/** So many rows of a table at even distances, or all of them if it has fewer. */
export const evenRows = (table: Table, most: number): Table => {
  if (table.rows <= most) return table
  return takeRows(
    table,
    Array.from({ length: most }, (_, i) => Math.floor((i * table.rows) / most)),
  )
}
