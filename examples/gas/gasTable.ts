import type { Table } from "@pushforward/data"
import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"

/** Time and two concentrations, then sixteen sensors. */
const [before, sensors] = [3, 16]

/** Rows that are kept in one piece while a file is read. */
const pieceRows = 65_536

/**
 * The sixteen sensors of `ethylene_CO.txt` as columns `X4` to `X19`, line after line: the file is larger than a string may be.
 *
 * - The format: a line of words, then for each row 19 numbers between blanks
 * - Rejects: `RangeError` for a row that has other than 19 numbers
 */
export const gasTable = async (path: string): Promise<Table> => {
  const pieces: Array<Float64Array> = []
  let [rows, line] = [0, 0]
  for await (const text of createInterface({ input: createReadStream(path) })) {
    line += 1
    if (line === 1 || text.trim() === "") continue
    const numbers = text.trim().split(/\s+/).map(Number)
    if (numbers.length !== before + sensors || !numbers.every(Number.isFinite)) {
      throw new RangeError(
        `${path}, line ${line}: expected ${before + sensors} numbers, got "${text.slice(0, 60)}". Fetch the file again: examples/gas/fetch.ts.`,
      )
    }
    const at = rows % pieceRows
    if (at === 0) pieces.push(new Float64Array(pieceRows * sensors))
    pieces.at(-1)!.set(numbers.slice(before), at * sensors)
    rows += 1
  }
  const values = new Float64Array(rows * sensors)
  pieces.forEach((piece, i) => {
    const from = i * piece.length
    values.set(piece.subarray(0, values.length - from), from)
  })
  return { columns: Array.from({ length: sensors }, (_, j) => `X${before + j + 1}`), rows, values }
}
