import type { NumpyArray } from "@pushforward/data"
import type { Rows } from "@pushforward/training"

/** A data set of zeros and ones in its three parts. */
export interface BinarySets {
  readonly train: Rows
  readonly validation: Rows
  readonly test: Rows
}

/** Rows of bits, eight in a byte, the first of them the highest; a row begins with a byte. */
const unpacked = ({ shape, values }: NumpyArray, columns: number): Rows => {
  const [rows, bytes] = shape as [number, number]
  const bits = new Float32Array(rows * columns)
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const byte = values[row * bytes + (column >> 3)] as number
      bits[at] = (byte >> (7 - (column & 7))) & 1
    }
  }
  return { shape: [rows, columns], dtype: "float32", values: bits }
}

/**
 * The data set `name` of a file as `examples/made/pack.py` writes it: arrays `NAME.train`, `NAME.valid`, `NAME.test` of
 * `numpy.packbits(..., axis=1)`, and the number of columns `NAME.nvars`. Without a name the file has one data set, whose
 * columns fill all bits of its bytes.
 *
 * - Throws: `RangeError` for arrays that are not there, and for rows that do not have as many bytes as columns need
 */
export const binaryRows = (arrays: ReadonlyMap<string, NumpyArray>, name?: string): BinarySets => {
  const array = (of: string): NumpyArray => {
    const called = name === undefined ? of : `${name}.${of}`
    const found = arrays.get(called)
    if (found === undefined) {
      throw new RangeError(
        `expected an array "${called}", got ${[...arrays.keys()].join(", ")}. Pack the data again: examples/made/pack.py.`,
      )
    }
    return found
  }
  const columns =
    name === undefined ? 8 * array("train").shape[1]! : Number(array("nvars").values[0])
  const part = (of: string): Rows => {
    const packed = array(of)
    const bytes = Math.ceil(columns / 8)
    if (packed.shape[1] !== bytes) {
      throw new RangeError(
        `${name ?? ""} ${of}: expected rows of ${bytes} bytes for ${columns} columns, got the shape ` +
          `[${packed.shape.join(", ")}]. Pack the data again: examples/made/pack.py.`,
      )
    }
    return unpacked(packed, columns)
  }
  return { train: part("train"), validation: part("valid"), test: part("test") }
}
