/**
 * Arguments and flags that several commands share.
 */
import { Argument, Flag } from "effect/cli"
import { Schema } from "effect"
import { backendNames, defaultBackend } from "pushforward"

export const model = Argument.String("model").pipe(
  Argument.withDescription("A model folder, as fit writes it"),
)
export const data = Argument.String("data").pipe(
  Argument.withDescription("A CSV file, .csv or .csv.gz, separated by comma, semicolon or tab"),
)
export const backend = Flag.Literals("backend", backendNames).pipe(
  Flag.withDescription("What runs the numbers"),
  Flag.withDefault(defaultBackend),
)
export const seed = Flag.Int("seed").pipe(
  Flag.withDescription("Seed of everything random"),
  Flag.withDefault(0),
)
export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the result as one JSON object on the last line of standard output"),
  Flag.withDefault(false),
)
export const positive = Schema.Int.check(Schema.isGreaterThan(0))
