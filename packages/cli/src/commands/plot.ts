import { registryLayer } from "@pushforward/core"
import { checkWritable, writeBytes } from "@pushforward/data"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { backendLayer, loadModel, ModelError, plotModel, standardPlugins } from "pushforward"
import { readData, readParts, withoutContexts } from "../data.ts"
import * as options from "../options.ts"
import { renderPicture } from "../renderPicture.ts"
import { reportFailure, say } from "../report.ts"

/** `plot <model> --out file.png`: a picture of the density. */
export const plot = Command.make(
  "plot",
  {
    model: options.model,
    data: Flag.String("data").pipe(
      Flag.withDescription(
        "A table whose rows to draw; default draws of the model. A conditional model needs it",
      ),
      Flag.optional,
    ),
    out: Flag.String("out").pipe(
      Flag.withDescription("The picture to write, .png or .svg; required"),
    ),
    backend: options.backend,
  },
  ({ model: folder, data, out, backend }) =>
    Effect.gen(function* () {
      if (!/\.(png|svg)$/.test(out)) {
        return yield* new ModelError({
          file: out,
          problem: "expected a picture's name ending in .png or .svg",
          hint: "Change --out.",
        })
      }
      yield* checkWritable(out)
      const model = yield* loadModel(folder)
      if (model.context && Option.isNone(data)) {
        return yield* withoutContexts(model.context.columns, "--data")
      }
      const columns = [...model.columns, ...(model.context?.columns ?? [])]
      const rows = Option.isSome(data)
        ? yield* readParts((yield* readData(data.value, { columns })).table)[0]!
        : undefined
      const svg = yield* plotModel(model, rows)
      const bytes = out.endsWith(".svg") ? new TextEncoder().encode(svg) : yield* renderPicture(svg)
      yield* writeBytes(out, bytes)
      yield* say(`Wrote ${out}`)
    }).pipe(Effect.provide([backendLayer(backend), registryLayer(standardPlugins)]), reportFailure),
).pipe(Command.withDescription("Draw a model's density"))
