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
  Argument.withDescription(
    "A CSV file, .csv or .csv.gz, or a NumPy matrix, .npy, which may be larger than memory",
  ),
)
export const columns = Flag.String("columns").pipe(
  Flag.withDescription("The columns to fit, separated by commas; default all that are numbers"),
  Flag.optional,
)
export const context = Flag.String("context").pipe(
  Flag.withDescription(
    "The columns to condition on, separated by commas: the density is that of the others given these",
  ),
  Flag.optional,
)
export const backend = Flag.Literals("backend", backendNames).pipe(
  Flag.withDescription(`What runs the numbers; default ${defaultBackend}`),
  Flag.withDefault(defaultBackend),
)
export const seed = Flag.Int("seed").pipe(
  Flag.withDescription("Seed of everything random; default 0"),
  Flag.withDefault(0),
)
export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the result as one JSON object on the last line of standard output"),
  Flag.withDefault(false),
)
export const positive = Schema.Int.check(Schema.isGreaterThan(0))
