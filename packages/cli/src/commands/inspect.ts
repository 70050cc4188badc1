import { countParams, paramLeaves, registryLayer } from "@pushforward/core"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { loadModel, type ModelColumns, printGraph, standardPlugins } from "pushforward"
import * as options from "../options.ts"
import { count, counted } from "../progress.ts"
import { printJson, reportFailure, say } from "../report.ts"

const describeColumns = ({ columns, standardization }: ModelColumns): ReadonlyArray<string> =>
  columns.map(
    (name, i) =>
      `  ${name}: mean ${standardization.shift[i]!.toPrecision(6)}, ` +
      `standard deviation ${standardization.scale[i]!.toPrecision(6)}` +
      (standardization.tails?.[i] ? " of its compressed tails" : "") +
      (standardization.ties?.[i]
        ? `, ties broken by ±${(standardization.ties[i].noise / 2).toPrecision(3)}`
        : ""),
  )

/** `inspect <model>`: what a model is and how it came about. */
export const inspect = Command.make(
  "inspect",
  {
    model: options.model,
    graph: Flag.Boolean("graph").pipe(
      Flag.withDescription("Print the compiled log density, one operation a line"),
      Flag.withDefault(false),
    ),
    json: options.json,
  },
  ({ model: folder, graph, json }) =>
    Effect.gen(function* () {
      const model = yield* loadModel(folder)
      const { columns, standardization, context, flowSpec, baseSpec, density, params, record } =
        model
      if (graph) yield* say(yield* printGraph(model))
      const parameters = countParams(params, "trainable")
      yield* say(
        [
          `${density.name}, ${count(parameters)} parameters`,
          ...describeColumns(model),
          ...(standardization.whitening ? ["  whitened"] : []),
          ...(context ? ["given", ...describeColumns(context)] : []),
          `fitted to ${count(record.rows)} rows in ${counted(record.epochs, "epoch")}, ${record.seconds.toFixed(1)} s ` +
            `on ${record.backend}, seed ${record.seed}`,
          `held-out log-likelihood ${record.heldOutLogLikelihood.toFixed(4)} ± ${record.standardError.toFixed(4)} ` +
            `nats per row; a Gaussian's ${record.gaussianLogLikelihood.toFixed(4)}`,
          `flow ${JSON.stringify(flowSpec)}`,
          ...(baseSpec ? [`base ${JSON.stringify(baseSpec)}`] : []),
          ...paramLeaves(params).map(
            ([path, leaf]) => `  ${path.join(".")} [${leaf.shape.join(", ")}] ${leaf.role}`,
          ),
        ].join("\n"),
      )
      if (json) {
        yield* printJson({
          columns,
          flow: flowSpec,
          ...(baseSpec && { base: baseSpec }),
          parameters,
          standardization,
          ...(context && { context }),
          ...record,
        })
      }
    }).pipe(Effect.provide(registryLayer(standardPlugins)), reportFailure),
).pipe(Command.withDescription("Show what a model is and how it was fitted"))
