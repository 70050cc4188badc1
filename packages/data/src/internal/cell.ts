const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const missing = /^(?:|na|n\/a|#n\/a|nan|null|none|[+-]?inf(?:inity)?|-|\?)$/i

/** Reads a cell: its number, NaN for a gap, `undefined` for text. */
export const readCell = (cell: string): number | undefined => {
  const text = cell.trim()
  if (decimal.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : NaN // 1e999
  }
  return missing.test(text) ? NaN : undefined
}

/** `1,5` or `1.234,5`: a number with a decimal comma. */
export const isDecimalComma = (cell: string): boolean =>
  /^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$/.test(cell.trim())
