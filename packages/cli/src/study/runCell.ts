import { spawn } from "node:child_process"
import { systemProblem } from "@pushforward/data"
import { Effect, FileSystem, Result, Schema } from "effect"
import type { NestedSpec } from "@pushforward/core"
import { type Cell, fitNames } from "./cells.ts"
import { CellResult } from "./studyFolder.ts"
import { StudyError } from "./StudyError.ts"

/** What all cells of a study have in common. */
export interface Common {
  readonly folder: string
  readonly data: string
  readonly flow: NestedSpec
  /** Further arguments of `fit`. */
  readonly further: ReadonlyArray<string>
}

const decodeResult = Schema.decodeUnknownResult(Schema.fromJsonString(CellResult))

/**
 * Trains one cell in a process of its own: the `fit` of this command line. It keeps a checkpoint, so that a cell that was
 * stopped goes on where it was; being interrupted, it stops with its study.
 */
export const runCell = (
  cell: Cell,
  { folder, data, flow, further }: Common,
): Effect.Effect<CellResult, StudyError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const place = `${folder}/cells/${cell.id}`
    const ofFit = (name: string): boolean => (fitNames as ReadonlyArray<string>).includes(name)
    const [options, fields] = [true, false].map((wanted) =>
      Object.entries(cell.settings).filter(([name]) => ofFit(name) === wanted),
    ) as [Array<[string, unknown]>, Array<[string, unknown]>]
    const spec = { ...flow, ...Object.fromEntries(fields) }
    yield* fs.makeDirectory(place, { recursive: true })
    yield* fs.writeFileString(`${place}/flow.json`, JSON.stringify(spec))
    const ended = yield* fitProcess([
      data,
      ...further,
      `--flow=${place}/flow.json`,
      `--out=${place}/model`,
      `--checkpoint=${place}/checkpoint`,
      `--seed=${cell.seed}`,
      "--json",
      ...options.flatMap(([name, value]) => [`--${name}`, String(value)]),
    ])
    const result = decodeResult(ended.output.trimEnd().split("\n").at(-1))
    if (ended.code !== 0 || Result.isFailure(result)) {
      return yield* new StudyError({
        problem: `${cell.id} failed: ${whyOf(ended.errors) || `exit code ${ended.code}`}`,
        hint: "Run the same command again to try it once more.",
      })
    }
    yield* fs.remove(`${place}/checkpoint`, { recursive: true, force: true })
    return result.success
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "StudyError"
        ? error
        : new StudyError({
            problem: `${cell.id}: its files cannot be written (${systemProblem(error)})`,
            hint: "Free some space or choose another --out.",
          }),
    ),
  )

/** The last line that a fit told, without what the study says around it. */
const whyOf = (errors: string): string =>
  errors
    .trimEnd()
    .split("\n")
    .at(-1)!
    .replace(/^error: /, "")
    .replace(/\.$/, "")

const fitProcess = (args: ReadonlyArray<string>) =>
  Effect.callback<{ readonly code: number; readonly output: string; readonly errors: string }>(
    (resume) => {
      const [bin] = process.argv.slice(1)
      const child = spawn(process.execPath, [...process.execArgv, bin!, "fit", ...args], {
        stdio: ["ignore", "pipe", "pipe"],
      })
      let [output, errors] = ["", ""]
      child.stdout.on("data", (text: Buffer) => (output += text.toString()))
      child.stderr.on("data", (text: Buffer) => (errors += text.toString()))
      const closed = new Promise<void>((done) => {
        child.on("close", (code) => {
          resume(Effect.succeed({ code: code ?? 1, output, errors }))
          done()
        })
      })
      return Effect.promise(() => {
        child.kill("SIGINT")
        return closed
      })
    },
  )
