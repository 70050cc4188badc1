import { availableParallelism } from "node:os"
import { basename } from "node:path"
import { systemProblem } from "@pushforward/data"
import { Effect, FileSystem, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import { columnsToRead, nameOf, readData } from "../data.ts"
import { readFlow } from "../flow.ts"
import * as options from "../options.ts"
import { counted } from "../progress.ts"
import { renderPicture } from "../renderPicture.ts"
import { printJson, reportFailure, say } from "../report.ts"
import { type Cell, cellsOf, fitNames, parseGrid } from "../study/cells.ts"
import { runCell } from "../study/runCell.ts"
import { type CellResult, openStudy, readCell, writeCell } from "../study/studyFolder.ts"
import { StudyError } from "../study/StudyError.ts"
import { formatRows, seriesOf, summarise } from "../study/summary.ts"

/** `study <data>`: trains a grid of flows, each with several seeds, and compares them on the same held-out rows. */
export const study = Command.make(
  "study",
  {
    data: options.data,
    out: Flag.String("out").pipe(
      Flag.withDescription("The study's folder; default out/<name of the data>-study"),
      Flag.optional,
    ),
    vary: Flag.KeyValuePair("vary").pipe(
      Flag.withDescription(
        `Something and its values, as layers=1,2,5 or hidden=32,64x64; again for more. Fields of the flow, or ${fitNames.join(", ")}; required`,
      ),
    ),
    seeds: Flag.Int("seeds").pipe(
      Flag.withSchema(options.positive),
      Flag.withDescription("How many seeds each combination is trained with; default 5"),
      Flag.withDefault(5),
    ),
    workers: Flag.Int("workers").pipe(
      Flag.withSchema(options.positive),
      Flag.withDescription("Processes at a time; default one for each core"),
      Flag.withDefault(availableParallelism()),
    ),
    columns: options.columns,
    context: options.context,
    flow: Flag.String("flow").pipe(
      Flag.withDescription(
        "The flow that is varied: a tag, or a JSON file with its spec; default maf",
      ),
      Flag.withDefault("maf"),
    ),
    epochs: Flag.Int("epochs").pipe(
      Flag.withSchema(options.positive),
      Flag.withDescription("Passes over the rows, at most"),
      Flag.optional,
    ),
    backend: options.backend,
    json: options.json,
  },
  ({ data, out, vary, seeds, workers, columns, context, flow, epochs, backend, json }) =>
    Effect.gen(function* () {
      const grid = yield* Effect.fromResult(parseGrid(vary))
      const cells = cellsOf(grid, seeds)
      const given = yield* readFlow(flow)
      const base = typeof given === "string" ? { _tag: given } : given
      if (!("_tag" in base)) {
        return yield* new StudyError({
          problem: `${flow} is no spec of a flow`,
          hint: 'Write an object with a "_tag"; `pushforward list` names the tags.',
        })
      }
      // What is wrong with the data is said once, not by every fit.
      yield* readData(data, columnsToRead(columns, context))
      const folder = Option.getOrElse(out, () => `out/${nameOf(data)}-study`)
      const further = [
        ...Option.match(columns, { onNone: () => [], onSome: (names) => ["--columns", names] }),
        ...Option.match(context, { onNone: () => [], onSome: (names) => ["--context", names] }),
        ...Option.match(epochs, { onNone: () => [], onSome: (n) => ["--epochs", String(n)] }),
        "--backend",
        backend,
        "--split-seed",
        "0",
      ]
      yield* openStudy(folder, { data, flow: base, fit: further })

      const found = yield* Effect.forEach(cells, (cell) => readCell(folder, cell))
      const open = cells.filter((_, i) => found[i] === undefined)
      yield* say(
        `${cells.length} fits: ${grid.map(([name, values]) => `${values.length} of ${name}`).join(" × ") || "one flow"} ` +
          `× ${counted(seeds, "seed")}; ${cells.length - open.length} done already, ${Math.min(workers, open.length)} at a time`,
      )
      const results = new Map<Cell, CellResult>()
      cells.forEach((cell, i) => found[i] && results.set(cell, found[i]))
      const failures: Array<StudyError> = []
      yield* Effect.forEach(
        open,
        (cell) =>
          Effect.gen(function* () {
            const result = yield* Effect.result(
              runCell(cell, { folder, data, flow: base, further }),
            )
            if (Result.isFailure(result)) {
              failures.push(result.failure)
              return yield* say(result.failure.message)
            }
            yield* writeCell(folder, cell, result.success)
            results.set(cell, result.success)
            yield* say(
              `${cell.id}: ${result.success.heldOutLogLikelihood.toFixed(3)} nats ` +
                `in ${result.success.seconds.toFixed(1)} s (${results.size} of ${cells.length})`,
            )
          }),
        { concurrency: workers, discard: true },
      )

      const done = cells.flatMap((cell) =>
        results.has(cell) ? [[cell, results.get(cell)!] as const] : [],
      )
      if (done.length === 0) return yield* failures[0]!
      const rows = summarise(done)
      yield* say(`\nHeld-out log-likelihood, nats per row\n${formatRows(rows)}`)
      const gaussian = done[0]![1].gaussianLogLikelihood
      yield* say(`A Gaussian's ${gaussian.toFixed(3)}`)
      const picture = seriesOf(grid, rows)
      if (picture) {
        const { spreadPlot } = yield* Effect.promise(() => import("@pushforward/plot"))
        const svg = spreadPlot({
          title: `Held-out log-likelihood against ${picture.along}`,
          subtitle: `${basename(data)}: mean and standard deviation over ${seeds} seeds, each seed a dot`,
          labels: { x: picture.along, y: "log-likelihood (nats per row)" },
          series: picture.series,
        })
        const fs = yield* FileSystem.FileSystem
        const png = yield* renderPicture(svg)
        yield* fs.writeFile(`${folder}/study.png`, png).pipe(
          Effect.andThen(fs.writeFileString(`${folder}/study.svg`, svg)),
          Effect.mapError(
            (cause) =>
              new StudyError({
                problem: `the picture cannot be written (${systemProblem(cause)})`,
                hint: "Free some space; the results are kept.",
              }),
          ),
        )
        yield* say(`Saved ${folder}, with the picture ${folder}/study.png`)
      }
      if (json) yield* printJson({ rows, gaussianLogLikelihood: gaussian, failed: failures.length })
      if (failures.length > 0) {
        return yield* new StudyError({
          problem: `${failures.length} of ${cells.length} fits failed`,
          hint: "The same command tries them again.",
        })
      }
    }).pipe(reportFailure),
).pipe(
  Command.withDescription(
    "Train a grid of flows with several seeds each, in worker processes, and compare them",
  ),
)
