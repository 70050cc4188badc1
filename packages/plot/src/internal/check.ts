/** Throws a `RangeError` that says what was wrong, what was expected, how to mend it. */
export const checkFinite = (where: string, what: string, values: ArrayLike<number>): void => {
  let total = 0
  let first = -1
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) {
      total++
      if (first < 0) first = i
    }
  if (total > 0)
    throw new RangeError(
      `${where}: ${what} is ${values[first]} at position ${first}${total > 1 ? ` and not finite at ${total - 1} more` : ""}; ` +
        "expected finite numbers. Leave these entries out.",
    )
}

export const checkLength = (where: string, what: string, length: number, atLeast: number): void => {
  if (length < atLeast)
    throw new RangeError(
      `${where}: ${what} has ${length} ${length === 1 ? "entry" : "entries"}; expected ${atLeast} or more.`,
    )
}

export const checkSame = (where: string, a: string, b: string, x: number, y: number): void => {
  if (x !== y)
    throw new RangeError(
      `${where}: ${a} has ${x} entries and ${b} has ${y}; expected equally many. Pass arrays of one length.`,
    )
}
