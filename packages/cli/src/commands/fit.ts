import { basename } from "node:path"
import { registryLayer } from "@pushforward/core"
import { openNpy, readTable } from "@pushforward/data"
import { Effect, FileSystem, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import {
  backendLayer,
  cosine,
  checkpointFolder,
  type Fitted,
  fitTable,
  ModelError,
  plotModel,
  saveModel,
  standardPlugins,
} from "pushforward"
import { readFlow } from "../flow.ts"
import * as options from "../options.ts"
import { count, showProgress } from "../progress.ts"
import { renderPicture } from "../renderPicture.ts"
import { printJson, reportFailure, say } from "../report.ts"

/** `fit <data>`: fits a density and saves its model folder with a picture. */
export const fit = Command.make(
  "fit",
  {
    data: Argument.String("data").pipe(
      Argument.withDescription(
        "A CSV file, .csv or .csv.gz, or a NumPy matrix, .npy, which may be larger than memory",
      ),
    ),
    out: Flag.String("out").pipe(
      Flag.withDescription("The model folder to write; default out/<name of the data>"),
      Flag.optional,
    ),
    columns: Flag.String("columns").pipe(
      Flag.withDescription("The columns to fit, separated by commas; default all that are numbers"),
      Flag.optional,
    ),
    flow: Flag.String("flow").pipe(
      Flag.withDescription("A bijector's tag (see list), or a JSON file with its spec"),
      Flag.withDefault("maf"),
    ),
    backend: options.backend,
    seed: options.seed,
    epochs: Flag.Int("epochs").pipe(
      Flag.withSchema(options.positive),
      Flag.withDescription("Passes over the rows, at most"),
      Flag.optional,
    ),
    batchSize: Flag.Int("batch-size").pipe(
      Flag.withSchema(options.positive),
      Flag.withDescription("Rows in a step"),
      Flag.optional,
    ),
    learningRate: Flag.Finite("learning-rate").pipe(
      Flag.withDescription("Where the cosine of the learning rate begins"),
      Flag.optional,
    ),
    splitSeed: Flag.Int("split-seed").pipe(
      Flag.withDescription(
        "Seed of the split into training and held-out rows; default that of --seed",
      ),
      Flag.optional,
    ),
    checkpoint: Flag.String("checkpoint").pipe(
      Flag.withDescription(
        "A folder to save the run in, also when it is stopped (Ctrl-C); the same command goes on from there",
      ),
      Flag.optional,
    ),
    json: options.json,
  },
  ({ data, out, columns, flow, backend, seed, checkpoint, json, ...given }) =>
    Effect.gen(function* () {
      const folder = Option.getOrElse(
        out,
        () => `out/${basename(data).replace(/\.(csv(\.gz)?|npy)$/, "")}`,
      )
      const chosen = Option.isSome(columns) && {
        columns: columns.value.split(",").map((name) => name.trim()),
      }
      const table = yield* data.endsWith(".npy")
        ? openNpy(data, { ...chosen })
        : readTable(data, { ...chosen })
      if ("skipped" in table && table.skipped.length > 0) {
        yield* say(`Left out, not numbers: ${table.skipped.join(", ")}`)
      }
      yield* checkWritable(folder)
      const chosenFlow = yield* readFlow(flow)

      const checkpoints = Option.isSome(checkpoint)
        ? yield* checkpointFolder(checkpoint.value)
        : undefined
      const events = fitTable(table, {
        flow: chosenFlow,
        seed,
        ...(checkpoints && { checkpoints }),
        ...(Option.isSome(given.epochs) && { epochs: given.epochs.value }),
        ...(Option.isSome(given.batchSize) && { batchSize: given.batchSize.value }),
        ...(Option.isSome(given.splitSeed) && { splitSeed: given.splitSeed.value }),
        ...(Option.isSome(given.learningRate) && { schedule: cosine(given.learningRate.value) }),
      })
      const stopped = checkpoints
        ? `Stopped; saved in ${Option.getOrThrow(checkpoint)}. The same command goes on from there`
        : "Stopped; nothing is saved without --checkpoint"
      let fitted: Fitted | undefined
      const ended = yield* Effect.scoped(
        Effect.gen(function* () {
          const show = yield* showProgress
          yield* Stream.runForEach(events, (event) =>
            Effect.sync(() => {
              show(event)
              if (event._tag === "Fitted") fitted = event
            }),
          )
        }),
      ).pipe(
        Effect.onInterrupt(() => say(stopped)),
        Effect.result,
      )
      // A run that diverged may leave a model that is worth keeping: it is saved, and then the command fails.
      if (fitted === undefined) return yield* Effect.fromResult(ended)
      const { model } = fitted
      const svg = yield* plotModel(model, "read" in table ? yield* table.read(0) : table)
      const picture = yield* renderPicture(svg)
      yield* saveModel(model, folder, { "density.png": picture })

      const { record } = model
      yield* say(
        `Held-out log-likelihood ${record.heldOutLogLikelihood.toFixed(4)} ± ${record.standardError.toFixed(4)} ` +
          `nats per row; a Gaussian's ${record.gaussianLogLikelihood.toFixed(4)}\n` +
          `${count(record.epochs)} epochs in ${record.seconds.toFixed(1)} s` +
          `${fitted.stoppedBy === "patience" ? ", stopped early" : ""}; best after ${record.bestEpoch}\n` +
          `Saved ${folder}, with the picture ${folder}/density.png`,
      )
      if (json) {
        yield* printJson({
          rows: record.rows,
          columns: model.columns,
          heldOutLogLikelihood: record.heldOutLogLikelihood,
          standardError: record.standardError,
          gaussianLogLikelihood: record.gaussianLogLikelihood,
          epochs: record.epochs,
          seconds: record.seconds,
          seed: record.seed,
        })
      }
      yield* Effect.fromResult(ended)
    }).pipe(Effect.provide([backendLayer(backend), registryLayer(standardPlugins)]), reportFailure),
).pipe(Command.withDescription("Fit a density to a table, save the model and a picture of it"))

/** Refuses a place that cannot hold a model before the work is done, not after. */
const checkWritable = (folder: string): Effect.Effect<void, ModelError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const info = yield* Effect.option(fs.stat(folder))
    if (Option.isNone(info)) return
    const isModel = info.value.type === "Directory" && (yield* fs.exists(`${folder}/model.json`))
    const isEmpty =
      info.value.type === "Directory" && (yield* fs.readDirectory(folder)).length === 0
    if (!isModel && !isEmpty) {
      return yield* new ModelError({
        file: folder,
        problem: "this is not a model folder, and fit would replace it",
        hint: "Choose another --out.",
      })
    }
  }).pipe(
    Effect.mapError((cause) =>
      cause._tag === "ModelError"
        ? cause
        : new ModelError({
            file: folder,
            problem: "the folder cannot be looked into",
            hint: "Choose another --out.",
            cause,
          }),
    ),
  )
