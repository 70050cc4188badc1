/** How values, names and rows are written in a `DataError`: quoted, short, never the whole file. */

const shown = 5

/** A cell or a name in double quotes, cut after 40 characters. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text)

/** `"a", "b" and 7 more`. */
export const listNames = (names: ReadonlyArray<string>, limit = 12): string => {
  const rest = names.length - limit
  const head = names.slice(0, limit).map(quote).join(", ")
  return rest > 0 ? `${head} and ${rest} more` : head
}

/** `row 7`, or `rows 3, 9, 12, 20, 31 and 29 more`. */
export const listRows = (rows: ReadonlyArray<number>, total = rows.length): string => {
  const head = rows.slice(0, shown)
  const rest = total - head.length
  return `${total === 1 ? "row" : "rows"} ${head.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`
}

/** `1 row`, `2 rows`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`
