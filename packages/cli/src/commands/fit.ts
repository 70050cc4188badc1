import { registryLayer } from "@pushforward/core"
import { Effect, Option, Schema, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import {
  backendLayer,
  checkModelPlace,
  checkpointFolder,
  cosine,
  type Fitted,
  fitTable,
  plotModel,
  saveModel,
  standardPlugins,
} from "pushforward"
import { columnsToRead, nameOf, namesIn, readData, readParts } from "../data.ts"
import { readFlow } from "../flow.ts"
import * as options from "../options.ts"
import { counted, showProgress } from "../progress.ts"
import { renderPicture } from "../renderPicture.ts"
import { printJson, reportFailure, say } from "../report.ts"

/** `fit <data>`: fits a density and saves its model folder with a picture. */
export const fit = Command.make(
  "fit",
  {
    data: options.data,
    out: Flag.String("out").pipe(
      Flag.withDescription("The model folder to write; default out/<name of the data>"),
      Flag.optional,
    ),
    columns: options.columns,
    context: options.context,
    flow: Flag.String("flow").pipe(
      Flag.withDescription(
        "A bijector's tag (see list), or a JSON file with its spec; default what suits the rows: a maf, of affine layers or of splines, or one spline",
      ),
      Flag.optional,
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
      Flag.withSchema(Schema.Finite.check(Schema.isGreaterThan(0))),
      Flag.withDescription("Where the cosine of the learning rate begins"),
      Flag.optional,
    ),
    patience: Flag.Int("patience").pipe(
      Flag.withSchema(options.positive),
      Flag.withDescription("Epochs without a better validation score that end the fit; default 20"),
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
  ({ data, out, columns, context, flow, backend, seed, checkpoint, json, ...given }) =>
    Effect.gen(function* () {
      const folder = Option.getOrElse(out, () => `out/${nameOf(data)}`)
      const conditions = Option.match(context, { onNone: () => [], onSome: namesIn })
      const { table, skipped } = yield* readData(data, columnsToRead(columns, context))
      if (skipped.length > 0) yield* say(`Left out, not numbers: ${skipped.join(", ")}`)
      yield* checkModelPlace(folder)
      const chosenFlow = Option.isSome(flow) ? yield* readFlow(flow.value) : undefined
      const checkpoints = Option.isSome(checkpoint)
        ? yield* checkpointFolder(checkpoint.value)
        : undefined
      const events = fitTable(table, {
        ...(chosenFlow && { flow: chosenFlow }),
        context: conditions,
        seed,
        ...(checkpoints && { checkpoints }),
        ...(Option.isSome(given.epochs) && { epochs: given.epochs.value }),
        ...(Option.isSome(given.batchSize) && { batchSize: given.batchSize.value }),
        ...(Option.isSome(given.patience) && { patience: given.patience.value }),
        ...(Option.isSome(given.splitSeed) && { splitSeed: given.splitSeed.value }),
        ...(Option.isSome(given.learningRate) && { schedule: cosine(given.learningRate.value) }),
      })
      let fitted: Fitted | undefined
      const stopped = Effect.gen(function* () {
        if (checkpoints === undefined) {
          return yield* say("Stopped; nothing is saved without --checkpoint")
        }
        const saved = yield* checkpoints.read
        yield* say(
          saved.length === 0
            ? "Stopped before there was anything to save"
            : `Stopped; saved in ${Option.getOrThrow(checkpoint)}. The same command goes on from there`,
        )
      })
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
        Effect.onInterrupt(() => Effect.ignore(stopped)),
        Effect.result,
      )
      // A run that diverged may leave a model that is worth keeping: it is saved, and then the command fails.
      if (fitted === undefined) return yield* Effect.fromResult(ended)
      const { model } = fitted
      const svg = yield* plotModel(model, yield* readParts(table)[0]!)
      const picture = yield* renderPicture(svg)
      yield* saveModel(model, folder, { "density.png": picture })

      const { record } = model
      yield* say(
        `Held-out log-likelihood ${record.heldOutLogLikelihood.toFixed(4)} ± ${record.standardError.toFixed(4)} ` +
          `nats per row; a Gaussian's ${record.gaussianLogLikelihood.toFixed(4)}\n` +
          `${counted(record.epochs, "epoch")} in ${record.seconds.toFixed(1)} s` +
          `${fitted.stoppedBy === "patience" ? ", stopped early" : ""}; best after ${record.bestEpoch}\n` +
          `Saved ${folder}, with the picture ${folder}/density.png`,
      )
      if (json) {
        yield* printJson({
          rows: record.rows,
          columns: model.columns,
          ...(model.context && { context: model.context.columns }),
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
