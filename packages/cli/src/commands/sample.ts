import { makeKey, registryLayer } from "@pushforward/core"
import { checkWritable, joinColumns, joinRows, repeatRows, writeCsv } from "@pushforward/data"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { backendLayer, loadModel, sampleTable, standardPlugins } from "pushforward"
import { readData, readParts, withoutContexts } from "../data.ts"
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
      Flag.withDescription(
        "How many rows to draw, of a conditional model for each row of --context; required",
      ),
    ),
    context: Flag.String("context").pipe(
      Flag.withDescription("A table with the columns that the model is conditioned on"),
      Flag.optional,
    ),
    out: Flag.String("out").pipe(Flag.withDescription("The CSV file to write; required")),
    seed: options.seed,
    backend: options.backend,
    json: options.json,
  },
  ({ model: folder, count, context, out, seed, backend, json }) =>
    Effect.gen(function* () {
      yield* checkWritable(out)
      const model = yield* loadModel(folder)
      if (model.context && Option.isNone(context)) {
        return yield* withoutContexts(model.context.columns, "--context")
      }
      const given =
        model.context && Option.isSome(context)
          ? yield* readData(context.value, { columns: model.context.columns })
          : undefined
      const contexts = given && joinRows(yield* Effect.all(readParts(given.table)))
      const draws = yield* sampleTable(model, count, makeKey(seed), contexts)
      const table = contexts
        ? yield* Effect.fromResult(joinColumns(draws, repeatRows(contexts, count)))
        : draws
      yield* writeCsv(out, table)
      yield* say(`Wrote ${showCount(table.rows)} draws to ${out}`)
      if (json) yield* printJson({ rows: table.rows, columns: table.columns, seed })
    }).pipe(Effect.provide([backendLayer(backend), registryLayer(standardPlugins)]), reportFailure),
).pipe(Command.withDescription("Draw new rows from a model"))
