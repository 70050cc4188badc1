const superscript = (text: string): string =>
  text.replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]!))

/** A tick's number: `0.002`, `12,000`, `3×10⁻⁶`, with a true minus sign. */
export const formatTick = (value: number): string => {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [digits, power] = value.toExponential(6).split("e")
    const mantissa = String(Number(digits)).replace("-", "−")
    const ten = `10${superscript(String(Number(power)))}`
    return mantissa === "1" ? ten : mantissa === "−1" ? `−${ten}` : `${mantissa}×${ten}`
  }
  return Number(value.toPrecision(6))
    .toLocaleString("en-US", { maximumFractionDigits: 10 })
    .replace("-", "−")
}

/** A count with thousands separators. */
export const formatCount = (n: number): string => n.toLocaleString("en-US")

/** Breaks text into lines of at most about `width` pixels; a longer word stays whole. */
export const wrapText = (text: string, width: number, size: number): Array<string> => {
  const most = Math.max(10, Math.floor(width / (size * 0.6)))
  const lines: Array<string> = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= most)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
