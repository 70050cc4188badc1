import { Result } from "effect"
import type { DataError } from "./DataError.ts"
import { npyError, npyHeader } from "./internal/npyHeader.ts"
import { count } from "./internal/wording.ts"

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
export const parseNpy = (bytes: Uint8Array, path?: string): Result.Result<NumpyArray, DataError> =>
  Result.flatMap(npyHeader(bytes, path), ({ shape, Values, from }) => {
    const size = shape.reduce((n, k) => n * k, 1)
    const missing = size * Values.BYTES_PER_ELEMENT - (bytes.length - from)
    if (missing > 0) {
      return Result.fail(
        npyError(`the file lacks ${count(missing, "byte")}`, "Copy it again.", path),
      )
    }
    // Typed arrays begin at multiples of their element size, files need not.
    const data = Uint8Array.from(bytes.subarray(from, from + size * Values.BYTES_PER_ELEMENT))
    return Result.succeed({ shape, values: new Values(data.buffer, 0, size) })
  })
