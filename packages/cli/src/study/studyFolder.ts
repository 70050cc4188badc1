/**
 * A study on disk: what it is, and the results of the cells that are done.
 */
import { systemProblem } from "@pushforward/data"
import { Effect, FileSystem, type PlatformError, Schema } from "effect"
import type { Cell } from "./cells.ts"
import { StudyError } from "./StudyError.ts"

/** What a cell's fit gave. */
export const CellResult = Schema.Struct({
  heldOutLogLikelihood: Schema.Finite,
  standardError: Schema.Finite,
  gaussianLogLikelihood: Schema.Finite,
  epochs: Schema.Int,
  seconds: Schema.Finite,
})
export type CellResult = typeof CellResult.Type

const ResultJson = Schema.fromJsonString(CellResult)

const failed =
  (folder: string) =>
  (cause: PlatformError.PlatformError): StudyError =>
    new StudyError({
      problem: `${folder} cannot be read or written (${systemProblem(cause)})`,
      hint: "Free some space, check its permissions, or choose another --out.",
    })

/** Writes a file as a whole or not at all. */
const writeWhole = (path: string, text: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* fs.writeFileString(`${path}.new`, text)
    yield* fs.rename(`${path}.new`, path)
  })

/** Makes the folder, or checks that the study in it is the same one. */
export const openStudy = (
  folder: string,
  what: Readonly<Record<string, unknown>>,
): Effect.Effect<void, StudyError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(`${folder}/cells`, { recursive: true })
    const text = `${JSON.stringify(what, null, 2)}\n`
    const path = `${folder}/study.json`
    if (!(yield* fs.exists(path))) return yield* writeWhole(path, text)
    if ((yield* fs.readFileString(path)) !== text) {
      return yield* new StudyError({
        problem: `${folder} holds another study: see ${path}`,
        hint: "Give the data, the columns and the flow it was begun with, or another --out. What is varied may change.",
      })
    }
  }).pipe(Effect.mapError((error) => (error._tag === "StudyError" ? error : failed(folder)(error))))

const fileOf = (folder: string, { id }: Cell): string => `${folder}/cells/${id}.json`

/** The result of a cell, if it is done. */
export const readCell = (
  folder: string,
  cell: Cell,
): Effect.Effect<CellResult | undefined, StudyError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(fileOf(folder, cell)))) return undefined
    const text = yield* fs.readFileString(fileOf(folder, cell))
    return yield* Schema.decodeUnknownEffect(ResultJson)(text).pipe(
      Effect.orElseSucceed(() => undefined),
    )
  }).pipe(Effect.mapError(failed(folder)))

/** Keeps the result of a cell. */
export const writeCell = (
  folder: string,
  cell: Cell,
  result: CellResult,
): Effect.Effect<void, StudyError, FileSystem.FileSystem> =>
  writeWhole(
    fileOf(folder, cell),
    `${JSON.stringify({ settings: cell.settings, seed: cell.seed, ...result })}\n`,
  ).pipe(Effect.mapError(failed(folder)))
