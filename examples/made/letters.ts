import type { Rows } from "@pushforward/training"

/** The letters that three bits may stand for. */
const letterOf = new Map([
  ["100", 0],
  ["010", 1],
  ["001", 2],
  ["000", 3],
])

/**
 * Rows of bits as rows of letters, 0 to 3: three bits stand for one, of which at most one is set. A density of the letters is
 * one of the bits that gives nothing to bits that are no letters.
 *
 * - Throws: `RangeError` for three bits of which two are set, and for bits that are left over
 */
export const lettersOf = ({ shape: [rows, bits], values }: Rows): Rows => {
  const size = bits! / 3
  if (!Number.isInteger(size)) {
    throw new RangeError(`letters: expected three bits for each, got ${bits} bits.`)
  }
  return {
    shape: [rows!, size],
    dtype: "float32",
    values: Float32Array.from({ length: rows! * size }, (_, i) => {
      const three = values.slice(3 * i, 3 * i + 3).join("")
      const letter = letterOf.get(three)
      if (letter === undefined) {
        throw new RangeError(
          `letters: expected ${[...letterOf.keys()].join(", ")}, got ${three} at letter ${i % size} of row ${Math.floor(i / size)}.`,
        )
      }
      return letter
    }),
  }
}
