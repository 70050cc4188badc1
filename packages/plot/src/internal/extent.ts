/** Smallest and largest of several arrays, widened a little when they are equal. */
export const extent = (...arrays: ReadonlyArray<ArrayLike<number>>): [number, number] => {
  let low = Infinity
  let high = -Infinity
  for (const values of arrays)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value < low) low = value
      if (value > high) high = value
    }
  if (low < high) return [low, high]
  const room = Math.abs(low) * 1e-3 || 0.5
  return [low - room, low + room]
}

/** The interval that holds all but a share `tail` of the values at each end. */
export const quantileExtent = (values: ArrayLike<number>, tail: number): [number, number] => {
  const sorted = Float64Array.from(values).toSorted()
  const at = (q: number): number => sorted[Math.round(q * (sorted.length - 1))]!
  return extent([at(tail), at(1 - tail)])
}

/** Widens an interval by a share of its length at both ends. */
export const pad = ([low, high]: readonly [number, number], share: number): [number, number] => [
  low - (high - low) * share,
  high + (high - low) * share,
]
