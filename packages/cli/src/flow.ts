import { type NestedSpec, SpecError } from "@pushforward/core"
import { Effect, FileSystem, Schema } from "effect"
import type { Flow } from "pushforward"

const Spec = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))

/** A flow from the command line: a tag as it is, or the spec in a `.json` file. */
export const readFlow = (flow: string): Effect.Effect<Flow, SpecError, FileSystem.FileSystem> =>
  flow.endsWith(".json")
    ? Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const text = yield* fs.readFileString(flow)
        return (yield* Schema.decodeUnknownEffect(Spec)(text)) as NestedSpec
      }).pipe(
        Effect.mapError(
          (cause) =>
            new SpecError({
              path: [flow],
              expected: "a JSON file with a spec",
              actual:
                cause._tag === "SchemaError" ? "something else" : "a file that cannot be read",
              hint: 'Write an object with a "_tag"; `pushforward list` names the tags.',
            }),
        ),
      )
    : Effect.succeed(flow)
