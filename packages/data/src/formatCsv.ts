import { readCell } from "./internal/cell.ts"
import type { Table } from "./Table.ts"

const formatNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value))

const formatName = (name: string): string =>
  /[",;\t\r\n\uFEFF]/.test(name) || name.trim() !== name || readCell(name) !== undefined
    ? `"${name.replaceAll('"', '""')}"`
    : name

/**
 * Writes a table as comma separated text with a line of column names.
 *
 * **Details**
 *
 * Each number is the shortest decimal that reads back as the same double, so
 * `parseCsv(formatCsv(table))` is `table`, bit for bit, when all values are finite. NaN and infinities are
 * written `NaN`, `Infinity`, `-Infinity`, which `parseCsv` refuses. Lines end with `\n`.
 *
 * **Example** (One row)
 *
 * ```ts
 * import { formatCsv, fromRows } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * formatCsv(Result.getOrThrow(fromRows([[0.1, 2]], ["x", "y"]))) // => "x,y\n0.1,2\n"
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const formatCsv = (table: Table): string => {
  const width = table.columns.length
  const lines = [table.columns.map(formatName).join(",")]
  for (let i = 0; i < table.rows; i++)
    lines.push(
      Array.from(table.values.subarray(i * width, (i + 1) * width), formatNumber).join(","),
    )
  return `${lines.join("\n")}\n`
}
