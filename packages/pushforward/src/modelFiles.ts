/**
 * A model as two files: `model.json`, which anyone can read, and `weights.safetensors`.
 */
import {
  makeKey,
  nestedSpec,
  bijectorKind,
  type Registry,
  type SpecError,
  specVersion,
} from "@pushforward/core"
import { distributionKind } from "@pushforward/distributions"
import { Effect, Schema } from "effect"
import { type FittedModel, type Flow, FitRecord, resolveFlow } from "./FittedModel.ts"
import { ModelError } from "./ModelError.ts"
import { decodeWeights, encodeWeights } from "./weightsFile.ts"
import { Standardization } from "./Standardization.ts"

const ModelDocument = Schema.Struct({
  format: Schema.Literal("pushforward-model"),
  version: Schema.Literal(specVersion),
  columns: Schema.Array(Schema.String),
  standardization: Standardization,
  context: Schema.optionalKey(
    Schema.Struct({ columns: Schema.Array(Schema.String), standardization: Standardization }),
  ),
  flow: Schema.NullOr(nestedSpec(bijectorKind)),
  base: Schema.optionalKey(nestedSpec(distributionKind)),
  record: FitRecord,
})

const ModelJson = Schema.fromJsonString(ModelDocument)

/** The names and bytes of a model's files. */
export interface ModelFiles {
  readonly "model.json": Uint8Array<ArrayBuffer>
  readonly "weights.safetensors": Uint8Array<ArrayBuffer>
}

/** A model as files: pure, for any place that can hold bytes. */
export const toFiles = (model: FittedModel): ModelFiles => {
  const document = Schema.encodeSync(ModelDocument)({
    format: "pushforward-model",
    version: specVersion,
    columns: model.columns,
    standardization: model.standardization,
    ...(model.context && { context: model.context }),
    flow: model.flowSpec ?? null,
    ...(model.baseSpec && { base: model.baseSpec }),
    record: model.record,
  })
  return {
    "model.json": new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`),
    "weights.safetensors": encodeWeights(model.params),
  }
}

/**
 * The model of these files. `flow` gives back a flow that was composed in code, which files cannot hold.
 */
export const fromFiles = (
  files: ModelFiles,
  flow?: Flow,
): Effect.Effect<FittedModel, ModelError | SpecError, Registry> =>
  Effect.gen(function* () {
    const document = yield* Schema.decodeUnknownEffect(ModelJson)(
      new TextDecoder().decode(files["model.json"]),
    ).pipe(
      Effect.mapError(
        (cause) =>
          new ModelError({
            file: "model.json",
            problem: `not a pushforward model of version ${specVersion} (${cause.message.split("\n")[0]})`,
            hint: "Choose a folder written by save or fit, or update pushforward.",
            cause,
          }),
      ),
    )
    const chosen = document.flow ?? flow
    if (chosen === undefined) {
      return yield* new ModelError({
        file: "model.json",
        problem: "the flow of this model was composed in code and is not in the file",
        hint: "Pass the same flow: load(folder, { flow }).",
      })
    }
    const { columns, context, base } = document
    const { density, flowSpec } = yield* resolveFlow(chosen, columns.length, {
      ...(context && { contextWidth: context.columns.length }),
      ...(base && { baseSpec: base }),
    })
    const params = yield* Effect.fromResult(
      decodeWeights(files["weights.safetensors"], density.init(makeKey(0))),
    )
    return {
      columns,
      standardization: document.standardization,
      ...(context && { context }),
      flowSpec,
      ...(base && { baseSpec: base }),
      density,
      params,
      record: document.record,
    }
  })
