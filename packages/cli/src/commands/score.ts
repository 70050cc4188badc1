import { column, fromColumns, readTable, writeCsv } from "@pushforward/data"
import { registryLayer } from "@pushforward/core"

import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { backendLayer, loadModel, meanAndError, scoreTable, standardPlugins } from "pushforward"
import * as options from "../options.ts"
import { count } from "../progress.ts"
import { printJson, reportFailure, say } from "../report.ts"

/** How many of the least likely rows people are shown. */
const shown = 5

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
    backend: options.backend,
    json: options.json,
  },
  ({ model: folder, data, out, backend, json }) =>
    Effect.gen(function* () {
      const model = yield* loadModel(folder)
      const table = yield* readTable(data, { columns: model.columns })
      const scores = yield* scoreTable(model, table)
      if (Option.isSome(out)) {
        const columns = model.columns.map(
          (name) => [name, Effect.fromResult(column(table, name))] as const,
        )
        const values = yield* Effect.all(Object.fromEntries(columns))
        yield* writeCsv(
          out.value,
          yield* Effect.fromResult(fromColumns({ ...values, log_prob: scores })),
        )
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
      if (json) yield* printJson({ rows: table.rows, meanLogLikelihood: mean, standardError })
    }).pipe(Effect.provide([backendLayer(backend), registryLayer(standardPlugins)]), reportFailure),
).pipe(Command.withDescription("Score every row of a table under a model"))
