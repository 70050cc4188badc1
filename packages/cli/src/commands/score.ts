import { makeKey, registryLayer } from "@pushforward/core"
import {
  checkWritable,
  fromColumns,
  joinColumns,
  joinRows,
  type Table,
  writeCsv,
} from "@pushforward/data"
import { Effect, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import {
  backendLayer,
  coverTable,
  loadModel,
  meanAndError,
  openModel,
  standardPlugins,
} from "pushforward"
import { readData, readParts } from "../data.ts"
import * as options from "../options.ts"
import { count } from "../progress.ts"
import { printJson, reportFailure, say } from "../report.ts"

/** How many of the least likely rows people are shown. */
const shown = 5

/** Rows of a NumPy matrix that are scored at a time. */
const chunkRows = 131_072

const percent = (share: number): string => `${(100 * share).toFixed(1).padStart(5)} %`

/** `score <model> <data>`: the log density of every row. */
export const score = Command.make(
  "score",
  {
    model: options.model,
    data: options.data,
    out: Flag.String("out").pipe(
      Flag.withDescription("A CSV file for the rows with their log_prob"),
      Flag.optional,
    ),
    coverage: Flag.Boolean("coverage").pipe(
      Flag.withDescription(
        "How many rows lie in the regions of highest density that promise so many; of a conditional model given their context",
      ),
      Flag.withDefault(false),
    ),
    backend: options.backend,
    json: options.json,
  },
  ({ model: folder, data, out, coverage, backend, json }) =>
    Effect.gen(function* () {
      if (Option.isSome(out)) yield* checkWritable(out.value)
      const model = yield* Effect.flatMap(loadModel(folder), openModel)
      const columns = [...model.columns, ...(model.context?.columns ?? [])]
      const { table } = yield* readData(data, { columns, chunkRows })
      const scored: Array<Table> = []
      const scores = new Float64Array(table.rows)
      let done = 0
      for (const read of readParts(table)) {
        const part = yield* read
        const log_prob = yield* model.score(part)
        scores.set(log_prob, done)
        done += part.rows
        if (Option.isNone(out)) continue
        scored.push(
          yield* Effect.fromResult(
            Result.flatMap(fromColumns({ log_prob }), (last) => joinColumns(part, last)),
          ),
        )
      }
      if (Option.isSome(out)) {
        yield* writeCsv(out.value, joinRows(scored))
        yield* say(`Wrote ${count(table.rows)} rows to ${out.value}`)
      }
      const { mean, standardError } = meanAndError(scores)
      const order = Array.from(scores.keys()).toSorted((a, b) => scores[a]! - scores[b]!)
      yield* say(
        `Mean log-likelihood ${mean.toFixed(4)} ± ${standardError.toFixed(4)} nats per row over ${count(table.rows)} rows\n` +
          `Least likely rows:\n` +
          order
            .slice(0, shown)
            .map((i) => `  row ${i + 1}: log p = ${scores[i]!.toFixed(3)}`)
            .join("\n"),
      )
      const covered = coverage
        ? yield* coverTable(model, yield* readParts(table)[0]!, makeKey(0))
        : undefined
      if (covered) {
        yield* say(
          `Regions of highest density, of the draws and of the rows they hold:\n` +
            covered
              .map(({ level, observed }) => `  ${percent(level)}  ${percent(observed)}`)
              .join("\n"),
        )
      }
      if (json) {
        yield* printJson({
          rows: table.rows,
          meanLogLikelihood: mean,
          standardError,
          ...(covered && { coverage: covered }),
        })
      }
    }).pipe(
      Effect.scoped,
      Effect.provide([backendLayer(backend), registryLayer(standardPlugins)]),
      reportFailure,
    ),
).pipe(Command.withDescription("Score every row of a table under a model"))
