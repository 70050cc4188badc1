import { Result } from "effect"
import { DataError } from "./DataError.ts"
import { count, quote } from "./internal/wording.ts"

/**
 * An array of NumPy: `values` is row-major, of the type it was saved in; booleans become bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface NumpyArray {
  readonly shape: ReadonlyArray<number>
  readonly values:
    | Uint8Array
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array
    | Float32Array
    | Float64Array
    | BigInt64Array
    | BigUint64Array
}

/** NumPy's names of types without their byte order. */
const types = {
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const

/**
 * Reads the bytes of a `.npy` file.
 *
 * **Details**
 *
 * - Booleans, integers of 8 to 64 bits, floats of 32 and 64 bits, little-endian, in C order
 * - Fails: `DataError` with reason `Unreadable` for anything else, or a file that is cut off
 *
 * **Example** (A vector of two bytes)
 *
 * ```ts
 * import { parseNpy } from "@pushforward/data"
 * import { Result } from "effect"
 *
 * const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }".padEnd(117) + "\n"
 * const bytes = Uint8Array.from(`\u0093NUMPY\u0001\u0000\u0076\u0000${header}\u0007\u0009`, (c) => c.charCodeAt(0))
 * Result.getOrThrow(parseNpy(bytes)).values // => [7, 9]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const parseNpy = (
  bytes: Uint8Array,
  path?: string,
): Result.Result<NumpyArray, DataError> => {
  const fail = (problem: string, hint: string): Result.Result<NumpyArray, DataError> =>
    Result.fail(
      new DataError({
        reason: "Unreadable",
        problem,
        expected: "an array of numbers as numpy.save writes it",
        hint,
        ...(path !== undefined && { path }),
      }),
    )
  const text = (from: number, to: number): string =>
    new TextDecoder().decode(bytes.subarray(from, to))
  if (bytes.length < 12 || bytes[0] !== 0x93 || text(1, 6) !== "NUMPY") {
    return fail("this is no .npy file", "Save it with numpy.save(path, array).")
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [start, length] =
    bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)]
  const header = text(start, start + length)
  const descr = /'descr': '([<>|=]?)(\w+)'/.exec(header)
  const shapeText = /'shape': \(([\d, ]*)\)/.exec(header)
  const Values = types[descr?.[2] as keyof typeof types] as (typeof types)["f8"] | undefined
  if (!descr || !shapeText || !Values) {
    return fail(
      `the header is ${quote(header.trim())}`,
      "Save plain numbers: numpy.save(path, array.astype('float32')).",
    )
  }
  if (descr[1] === ">" || header.includes("'fortran_order': True")) {
    return fail(
      descr[1] === ">" ? "the numbers are big-endian" : "the array is in Fortran order",
      "Save numpy.ascontiguousarray(array, dtype='<f4').",
    )
  }
  const shape = shapeText[1]!
    .split(",")
    .filter((size) => size.trim() !== "")
    .map(Number)
  const size = shape.reduce((n, k) => n * k, 1)
  const from = start + length
  const missing = size * Values.BYTES_PER_ELEMENT - (bytes.length - from)
  if (missing > 0) return fail(`the file lacks ${count(missing, "byte")}`, "Copy it again.")
  // Typed arrays begin at multiples of their element size, files need not.
  const data = Uint8Array.from(bytes.subarray(from, from + size * Values.BYTES_PER_ELEMENT))
  return Result.succeed({ shape, values: new Values(data.buffer, 0, size) })
}
