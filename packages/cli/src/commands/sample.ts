import { makeKey, registryLayer } from "@pushforward/core"
import { writeCsv } from "@pushforward/data"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { backendLayer, loadModel, sampleTable, standardPlugins } from "pushforward"
import * as options from "../options.ts"
import { count as showCount } from "../progress.ts"
import { printJson, reportFailure, say } from "../report.ts"

/** `sample <model> --count n --out file.csv`: draws rows. */
export const sample = Command.make(
  "sample",
  {
    model: options.model,
    count: Flag.Int("count").pipe(
      Flag.withSchema(options.positive),
      Flag.withDescription("How many rows to draw"),
    ),
    out: Flag.String("out").pipe(Flag.withDescription("The CSV file to write")),
    seed: options.seed,
    backend: options.backend,
    json: options.json,
  },
  ({ model: folder, count, out, seed, backend, json }) =>
    Effect.gen(function* () {
      const model = yield* loadModel(folder)
      const table = yield* sampleTable(model, count, makeKey(seed))
      yield* writeCsv(out, table)
      yield* say(`Wrote ${showCount(table.rows)} draws to ${out}`)
      if (json) yield* printJson({ rows: table.rows, columns: table.columns, seed })
    }).pipe(Effect.provide([backendLayer(backend), registryLayer(standardPlugins)]), reportFailure),
).pipe(Command.withDescription("Draw new rows from a model"))
