/** A histogram that integrates to one: `edges: [bins + 1]`, `heights: [bins]`. */
export interface Bins {
  readonly edges: Float64Array
  readonly heights: Float64Array
}

/**
 * How many equal bins suit the values within `[low, high]`: width `2·IQR/n^(1/3)` (Freedman and Diaconis, 1981),
 * but from 10 to 100 bins.
 */
export const binCount = (
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
): number => {
  const sorted = Float64Array.from(values).toSorted()
  const at = (q: number): number => sorted[Math.round(q * (sorted.length - 1))]!
  const width = (2 * (at(0.75) - at(0.25))) / Math.cbrt(sorted.length)
  const count = width > 0 ? Math.ceil((high - low) / width) : 30
  return Math.max(10, Math.min(100, count))
}

/** Heights are shares of all values, those outside the interval included, divided by the bin's width. */
export const binValues = (
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
  count: number,
): Bins => {
  const width = (high - low) / count
  const heights = new Float64Array(count)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < low || value > high) continue
    const bin = Math.min(count - 1, Math.floor((value - low) / width))
    heights[bin]! += 1 / (values.length * width)
  }
  return { edges: Float64Array.from({ length: count + 1 }, (_, i) => low + i * width), heights }
}
