import { parse } from "csv-parse/browser/esm/sync"
import { Result } from "effect"
import { DataError } from "./DataError.ts"
import { fromRows } from "./fromArrays.ts"
import { isDecimalComma, readCell } from "./internal/cell.ts"
import { count, listNames, listRows, quote } from "./internal/wording.ts"
import { missingColumn, type Table } from "./Table.ts"

/**
 * How to read a text as a table. Everything is found out from the text when not given.
 *
 * **Details**
 *
 * - `columns`: the columns to keep, in this order; else every column of numbers
 * - `delimiter`: else the most frequent of comma, semicolon and tab in the first line
 * - `header`: whether the first line holds names; else `true` unless all its cells are numbers
 * - `path`: named in errors only
 *
 * @category models
 * @since 0.1.0
 */
export interface ParseOptions {
  readonly columns?: ReadonlyArray<string> | undefined
  readonly delimiter?: "," | ";" | "\t" | undefined
  readonly header?: boolean | undefined
  readonly path?: string | undefined
}

/**
 * A table read from text, and the names of the columns that were left out because they hold text or nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface ParsedTable extends Table {
  readonly skipped: ReadonlyArray<string>
}

interface Records {
  readonly cells: ReadonlyArray<ReadonlyArray<string>>
  readonly lines: ReadonlyArray<number>
}

const detectDelimiter = (text: string): "," | ";" | "\t" => {
  const counts = { "\t": 0, ";": 0, ",": 0 }
  let quoted = false
  let seen = false
  for (const char of text) {
    if (char === '"') quoted = !quoted
    else if (quoted) continue
    else if (char === "\n" || char === "\r") {
      if (seen) break
    } else if (char === "\t" || char === ";" || char === ",") counts[char]++
    seen ||= char.trim() !== ""
  }
  return counts["\t"] > 0 && counts["\t"] >= Math.max(counts[";"], counts[","])
    ? "\t"
    : counts[";"] > 0 && counts[";"] >= counts[","]
      ? ";"
      : ","
}

const lineEnd = /\r\n|\n|\r/

/** Text without quotes, where a line is a record: ten times as fast as csv-parse. */
const splitPlain = (text: string, delimiter: string): Records => {
  const cells: Array<ReadonlyArray<string>> = []
  const lines: Array<number> = []
  for (const [i, line] of text.split(lineEnd).entries()) {
    const row = line.split(delimiter)
    if (row.length === 1 && line.trim() === "") continue
    cells.push(cells.length === 0 ? row.map((cell) => cell.trim()) : row)
    lines.push(i + 1)
  }
  return { cells, lines }
}

/** The line on which each record begins, counted from 1: csv-parse tells the one on which it ends. */
const splitQuoted = (text: string, delimiter: string): Records => {
  const lines: Array<number> = []
  const cells = parse(text, {
    delimiter,
    record_delimiter: ["\r\n", "\n", "\r"],
    trim: delimiter !== "\t",
    relax_column_count: true,
    skip_empty_lines: true,
    on_record: (record: Array<string>, { lines: end }) => {
      // csv-parse would trim tabs away with the blanks, so with tabs a blank line is still here.
      if (delimiter === "\t" && record.length === 1 && record[0]!.trim() === "") return null
      const inside = record.reduce((n, cell) => n + cell.split(lineEnd).length - 1, 0)
      lines.push(end - inside)
      return record
    },
  })
  return { cells, lines }
}

const isHeader = (text: string, { cells, lines }: Records): boolean => {
  const isNumbers = cells[0]!.every((cell) => Number.isFinite(readCell(cell) ?? NaN))
  if (!isNumbers) return true
  const line = (i: number): string => text.split(lineEnd, lines[i])[lines[i]! - 1] ?? ""
  return cells.length > 1 && line(0).includes('"') && !line(1).includes('"')
}

/**
 * Reads comma, semicolon or tab separated text as a table of numbers.
 *
 * **Details**
 *
 * - Without `columns`, a column is kept when more of its cells are numbers than text; it must then hold
 *   a number in every row. The others are named in `skipped`.
 * - Numbers are written `1`, `-2.5`, `.5`, `6e-3`. Empty cells, `NA`, `NaN`, `inf` and the like are gaps, and
 *   gaps are errors.
 * - Row numbers in errors are the lines of the text, counted from 1, as an editor shows them.
 * - Fails: `DataError` with reason `EmptyFile`, `Unreadable` (not CSV), `Ragged`, `DuplicateColumn`, `MissingColumn`,
 *   `NoNumericColumns`, `NotANumber` or `NotFinite`
 *
 * **Example** (A text column is left out)
 *
 * ```ts
 * import { parseCsv } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const table = Result.getOrThrow(parseCsv("x,y,name\n1,2,a\n3,4,b\n"))
 * table.columns // => ["x", "y"]
 * table.skipped // => ["name"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const parseCsv = (
  text: string,
  options: ParseOptions = {},
): Result.Result<ParsedTable, DataError> => {
  const where = options.path === undefined ? {} : { path: options.path }
  const fail = (
    fields: Omit<ConstructorParameters<typeof DataError>[0], "path">,
  ): Result.Result<never, DataError> => Result.fail(new DataError({ ...fields, ...where }))

  const source = text.startsWith("\uFEFF") ? text.slice(1) : text
  if (source.includes("\0"))
    return fail({
      reason: "Unreadable",
      problem: "this is not text: it holds zero bytes",
      expected: "a CSV file",
      hint: "Export the data as CSV (UTF-8).",
    })
  if (source.trim() === "")
    return fail({
      reason: "EmptyFile",
      problem: "the file is empty",
      expected: "a line of column names and rows of numbers",
      hint: "Check that the file was written completely.",
    })

  let records: Records
  try {
    const delimiter = options.delimiter ?? detectDelimiter(source)
    records = (source.includes('"') ? splitQuoted : splitPlain)(source, delimiter)
  } catch (cause) {
    return fail({
      reason: "Unreadable",
      problem: cause instanceof Error ? cause.message : String(cause),
      expected: "CSV, each cell either without quotes or in a pair of them",
      hint: "Mend the quotes on that line.",
      cause,
    })
  }
  const header = options.header ?? isHeader(source, records)
  const cells = header ? records.cells.slice(1) : records.cells
  const lines = header ? records.lines.slice(1) : records.lines
  const width = records.cells[0]!.length
  const names = Array.from({ length: width }, (_, j) =>
    header ? records.cells[0]![j]! || `column${j + 1}` : `column${j + 1}`,
  )
  const twice = names.find((name, j) => names.indexOf(name) !== j)
  if (twice !== undefined)
    return fail({
      reason: "DuplicateColumn",
      problem: `two columns are called ${quote(twice)}`,
      expected: "a different name for each column",
      hint: `Rename one of them in row ${records.lines[0]!}.`,
      column: twice,
    })
  if (cells.length === 0)
    return fail({
      reason: "EmptyFile",
      problem: "there is a line of column names and nothing below it",
      expected: "rows of numbers",
      hint: "Check that the file was written completely.",
    })
  const ragged = cells.flatMap((row, i) => (row.length === width ? [] : [i]))
  if (ragged.length > 0) {
    const rows = ragged.slice(0, 5).map((i) => lines[i]!)
    return fail({
      reason: "Ragged",
      problem: `${listRows(rows, ragged.length)} ${ragged.length === 1 ? "has" : "have"} another number of cells than row ${records.lines[0]!} (${cells[ragged[0]!]!.length} in row ${rows[0]!})`,
      expected: count(width, "cell"),
      hint: "Complete these rows, or quote cells that contain the delimiter.",
      rows,
    })
  }

  const wanted = options.columns
  const unknown = wanted?.find((name) => !names.includes(name))
  if (unknown !== undefined) return Result.fail(missingColumn(unknown, names, options.path))

  const kept: Array<{ readonly name: string; readonly values: Float64Array }> = []
  const skipped: Array<string> = []
  let decimalComma = false
  for (const name of wanted ?? names) {
    const j = names.indexOf(name)
    const values = new Float64Array(cells.length)
    const gaps: Array<number> = []
    const texts: Array<number> = []
    for (let i = 0; i < cells.length; i++) {
      const value = readCell(cells[i]![j]!)
      if (value === undefined) texts.push(i)
      else if (Number.isNaN(value)) gaps.push(i)
      else values[i] = value
    }
    const numbers = cells.length - gaps.length - texts.length
    const comma = texts.length > 0 && isDecimalComma(cells[texts[0]!]![j]!)
    decimalComma ||= comma
    if (wanted === undefined && numbers <= texts.length) {
      skipped.push(name)
      continue
    }
    const bad = texts.length > 0 ? texts : gaps
    if (bad.length > 0) {
      const rows = bad.slice(0, 5).map((i) => lines[i]!)
      const first = quote(cells[bad[0]!]![j]!)
      const all = bad.length === cells.length
      const which = all ? "every row" : listRows(rows, bad.length)
      const others = names.length > 1 ? ", or choose columns without it" : ""
      return fail({
        reason: texts.length > 0 ? "NotANumber" : "NotFinite",
        problem: `column ${quote(name)} ${texts.length > 0 ? "has text" : "is empty or not finite"} in ${which} (first ${first})`,
        expected: `a number in each of ${count(cells.length, "row")}`,
        hint: comma
          ? "Write decimals with a point (1.5, not 1,5)."
          : all
            ? "Choose other columns."
            : `Mend or remove ${bad.length === 1 ? "this row" : `these ${bad.length} rows`}${others}.`,
        column: name,
        rows,
      })
    }
    kept.push({ name, values })
  }
  if (kept.length === 0)
    return fail({
      reason: "NoNumericColumns",
      problem: `no column of numbers among ${listNames(names)}`,
      expected: "1 column of numbers or more",
      hint: decimalComma
        ? "Write decimals with a point (1.5, not 1,5)."
        : `Check the delimiter, or turn text and dates into numbers first.`,
    })
  const values = new Float64Array(cells.length * kept.length)
  for (const [j, { values: column }] of kept.entries())
    for (let i = 0; i < cells.length; i++) values[i * kept.length + j] = column[i]!
  return Result.map(
    fromRows(
      { values, columns: kept.length },
      kept.map(({ name }) => name),
    ),
    (table) => ({ ...table, skipped }),
  )
}
