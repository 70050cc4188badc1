import { Effect, FileSystem } from "effect"
import { DataError } from "./DataError.ts"
import { unreadable } from "./internal/unreadable.ts"
import { unzip } from "./internal/zip.ts"
import { type NumpyArray, parseNpy } from "./parseNpy.ts"

/**
 * Reads the arrays of a `.npz` file, by name.
 *
 * **Details**
 *
 * - What `numpy.savez` and `numpy.savez_compressed` write; see `parseNpy` for the types
 * - Fails: `DataError` with reason `MissingFile` or `Unreadable`
 * - Needs: `FileSystem` of `effect`, which `NodeServices.layer` of `@effect/platform-node` provides
 *
 * @category constructors
 * @since 0.1.0
 */
export const readNpz: (
  path: string,
) => Effect.Effect<ReadonlyMap<string, NumpyArray>, DataError, FileSystem.FileSystem> =
  /* @__PURE__ */ Effect.fn("readNpz")(function* (path) {
    const files = yield* FileSystem.FileSystem
    const bytes = yield* files
      .readFile(path)
      .pipe(Effect.mapError((error) => unreadable(path, "a .npz file", error)))
    const members = yield* Effect.tryPromise({
      try: () => unzip(bytes),
      catch: (cause) =>
        new DataError({
          reason: "Unreadable",
          problem: cause instanceof RangeError ? cause.message : "an array in it is damaged",
          expected: "a .npz file as numpy.savez writes it",
          hint: "Copy it, or save it, again.",
          path,
          cause,
        }),
    })
    const arrays = new Map<string, NumpyArray>()
    for (const [name, member] of members) {
      if (!name.endsWith(".npy")) continue
      arrays.set(
        name.slice(0, -".npy".length),
        yield* Effect.fromResult(parseNpy(member, `${path}/${name}`)),
      )
    }
    return arrays
  })
