import { Result } from "effect"
import { DataError } from "../DataError.ts"
import { quote } from "./wording.ts"

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

/** What the header of a `.npy` file says: the array's shape and type, and where its numbers begin. */
export interface NpyHeader {
  readonly shape: ReadonlyArray<number>
  readonly Values: (typeof types)["f8"]
  readonly from: number
}

/** The error of a `.npy` file. */
export const npyError = (problem: string, hint: string, path: string | undefined): DataError =>
  new DataError({
    reason: "Unreadable",
    problem,
    expected: "an array of numbers as numpy.save writes it",
    hint,
    ...(path !== undefined && { path }),
  })

/** Reads the header of a `.npy` file from its first bytes. */
export const npyHeader = (
  bytes: Uint8Array,
  path: string | undefined,
): Result.Result<NpyHeader, DataError> => {
  const fail = (problem: string, hint: string): Result.Result<NpyHeader, DataError> =>
    Result.fail(npyError(problem, hint, path))
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
  return Result.succeed({ shape, Values, from: start + length })
}
