import { Effect, FileSystem, Option } from "effect"
import { DataError } from "./DataError.ts"
import { npyError, npyHeader } from "./internal/npyHeader.ts"
import { unreadable } from "./internal/unreadable.ts"
import { count } from "./internal/wording.ts"
import { missingColumn } from "./Table.ts"
import type { TableSource } from "./TableSource.ts"

/** Where the header of a file is looked for. */
const headerBytes = 65_536

/** What {@link openNpy} takes. */
export interface NpyOptions {
  /** Names of the array's columns. Default `column1`, `column2`, … */
  readonly names?: ReadonlyArray<string>
  /** The columns to read, by name. Default all. */
  readonly columns?: ReadonlyArray<string>
  /** Rows in a chunk. Default 16,384. */
  readonly chunkRows?: number
}

/**
 * Opens a matrix that NumPy saved as a table that is read in chunks.
 *
 * **Details**
 *
 * - Shapes: an array `[rows, columns]` in a `.npy` file, of floats or integers up to 32 bits; `[rows]` is one column
 * - The file is read where a chunk lies, and nothing is kept
 * - Fails: `DataError` with reason `MissingFile`, `Unreadable` (another array, a file that is cut off), `Ragged` (a wrong
 *   number of names) or `MissingColumn`
 * - Needs: `FileSystem` of `effect`, which `NodeServices.layer` of `@effect/platform-node` provides
 *
 * @category constructors
 * @since 0.1.0
 */
export const openNpy: (
  path: string,
  options?: NpyOptions,
) => Effect.Effect<TableSource, DataError, FileSystem.FileSystem> = /* @__PURE__ */ Effect.fn(
  "openNpy",
)(function* (path, { names, columns: chosen, chunkRows = 16_384 } = {}) {
  const fs = yield* FileSystem.FileSystem
  const readAt = (from: number, size: number): Effect.Effect<Uint8Array, DataError> =>
    Effect.scoped(
      Effect.gen(function* () {
        const file = yield* fs.open(path)
        yield* file.seek(BigInt(from), "start")
        const bytes = new Uint8Array(size)
        let done = 0
        while (done < size) {
          const part = yield* file.readAlloc(size - done)
          if (Option.isNone(part)) break
          bytes.set(part.value, done)
          done += part.value.length
        }
        return bytes.subarray(0, done)
      }),
    ).pipe(Effect.mapError((error) => unreadable(path, "a .npy file", error)))

  const { shape, Values, from } = yield* Effect.fromResult(
    npyHeader(yield* readAt(0, headerBytes), path),
  )
  const [rows = 0, width = 1] = shape
  if (shape.length < 1 || shape.length > 2 || rows === 0 || width === 0) {
    return yield* npyError(
      `the array has the shape [${shape.join(", ")}]`,
      "Save a matrix with one row for each event: array.reshape(len(array), -1).",
      path,
    )
  }
  if (Values.name.startsWith("Big")) {
    return yield* npyError("the numbers have 64 bits", "Save array.astype('float64').", path)
  }
  if (names && names.length !== width) {
    return yield* new DataError({
      reason: "Ragged",
      problem: `${count(names.length, "name")} for ${count(width, "column")}`,
      expected: "one name for each column",
      hint: `Give ${count(width, "name")}.`,
      path,
    })
  }
  const all = names ?? Array.from({ length: width }, (_, j) => `column${j + 1}`)
  const columns = chosen ?? all
  const missing = columns.find((name) => !all.includes(name))
  if (missing !== undefined) return yield* missingColumn(missing, all, path)
  const places = columns.map((name) => all.indexOf(name))
  const rowBytes = width * Values.BYTES_PER_ELEMENT
  const { size } = yield* fs
    .stat(path)
    .pipe(Effect.mapError((error) => unreadable(path, "a .npy file", error)))
  const lacking = from + rows * rowBytes - Number(size)
  if (lacking > 0) {
    return yield* npyError(`the file lacks ${count(lacking, "byte")}`, "Copy it again.", path)
  }
  const chunkSizes = Array.from({ length: Math.ceil(rows / chunkRows) }, (_, i) =>
    Math.min(chunkRows, rows - i * chunkRows),
  )
  return {
    columns,
    rows,
    chunkSizes,
    read: (chunk) =>
      Effect.gen(function* () {
        const here = chunkSizes[chunk]!
        const bytes = yield* readAt(from + chunk * chunkRows * rowBytes, here * rowBytes)
        if (bytes.length < here * rowBytes) {
          return yield* npyError("the file has become shorter", "Copy it again.", path)
        }
        const array = new Values(bytes.slice().buffer)
        const values = new Float64Array(here * places.length)
        for (let i = 0, at = 0; i < here; i++) {
          for (const place of places) values[at++] = array[i * width + place]!
        }
        return { columns, rows: here, values }
      }),
  }
})
