/**
 * Model folders on disk. A folder is replaced as a whole or not at all.
 */
import type { Registry, SpecError } from "@pushforward/core"
import { systemProblem } from "@pushforward/data"
import { Effect, FileSystem, type PlatformError } from "effect"
import type { FittedModel, Flow } from "./FittedModel.ts"
import { ModelError } from "./ModelError.ts"
import { fromFiles, type ModelFiles, toFiles } from "./modelFiles.ts"

const names = ["model.json", "weights.safetensors"] as const

/**
 * Refuses a place that a model may not take: what is there and is neither a model's folder nor an empty one.
 *
 * **When to use**
 *
 * Use before long work, whose end is {@link saveModel}, which refuses such a place too.
 */
export const checkModelPlace = (
  folder: string,
): Effect.Effect<void, ModelError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const there = yield* fs.stat(folder).pipe(
      Effect.map(({ type }) => type),
      Effect.catchIf(
        ({ reason }) => reason._tag === "NotFound",
        () => Effect.succeed(undefined),
      ),
    )
    if (there === undefined) return
    const inside = there === "Directory" ? yield* fs.readDirectory(folder) : undefined
    if (inside?.length === 0 || inside?.includes("model.json")) return
    return yield* new ModelError({
      file: folder,
      problem: "this is not a model folder, and a model would replace it",
      hint: "Choose another folder.",
    })
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "ModelError"
        ? error
        : new ModelError({
            file: folder,
            problem: `the place cannot be looked at (${systemProblem(error)})`,
            hint: "Choose another folder.",
            cause: error,
          }),
    ),
  )

/**
 * Writes a model's folder, with further files (a picture) if given.
 *
 * Everything is written beside the folder first and moved into place at the end: a full disk or a kill leaves an older
 * model as it was. What is no model is never replaced.
 */
export const saveModel = (
  model: FittedModel,
  folder: string,
  further: Readonly<Record<string, Uint8Array>> = {},
): Effect.Effect<void, ModelError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* checkModelPlace(folder)
    // Through a link, which stays one.
    const target = yield* Effect.orElseSucceed(fs.realPath(folder), () =>
      folder.replace(/[/\\]+$/, ""),
    )
    const fresh = `${target}.new`
    const previous = `${target}.previous`
    yield* Effect.gen(function* () {
      yield* fs.remove(fresh, { recursive: true, force: true })
      yield* fs.makeDirectory(fresh, { recursive: true })
      for (const [name, bytes] of Object.entries({ ...toFiles(model), ...further })) {
        yield* fs.writeFile(`${fresh}/${name}`, bytes)
      }
      if (yield* fs.exists(target)) {
        yield* fs.remove(previous, { recursive: true, force: true })
        yield* fs.rename(target, previous)
      }
      yield* fs.rename(fresh, target)
      yield* fs.remove(previous, { recursive: true, force: true })
    }).pipe(
      Effect.uninterruptible,
      Effect.tapError(() => Effect.ignore(fs.remove(fresh, { recursive: true, force: true }))),
      Effect.mapError(
        (cause: PlatformError.PlatformError) =>
          new ModelError({
            file: target,
            problem: `the model could not be written (${systemProblem(cause)})`,
            hint: "Free some space or choose another folder; an older model there is untouched.",
            cause,
          }),
      ),
    )
  })

/** Reads a model's folder. `flow` gives back a flow that was composed in code. */
export const loadModel = (
  folder: string,
  flow?: Flow,
): Effect.Effect<FittedModel, ModelError | SpecError, FileSystem.FileSystem | Registry> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const read = (name: string) =>
      fs.readFile(`${folder}/${name}`).pipe(
        Effect.map((bytes) => [name, Uint8Array.from(bytes)] as const),
        Effect.mapError(
          (cause) =>
            new ModelError({
              file: `${folder}/${name}`,
              problem: "the file cannot be read",
              hint: "Choose a model folder, one written by save or fit.",
              cause,
            }),
        ),
      )
    const files = Object.fromEntries(yield* Effect.all(names.map(read))) as unknown as ModelFiles
    return yield* fromFiles(files, flow)
  })
