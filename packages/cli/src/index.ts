/**
 * `@pushforward/cli`: the command line, as a value; `bin.ts` runs it.
 */
import { Command } from "effect/cli"
import { fit } from "./commands/fit.ts"
import { inspect } from "./commands/inspect.ts"
import { list } from "./commands/list.ts"
import { plot } from "./commands/plot.ts"
import { sample } from "./commands/sample.ts"
import { score } from "./commands/score.ts"
import { study } from "./commands/study.ts"
import { verify } from "./commands/verify.ts"

/** The command `pushforward` with its subcommands. */
export const pushforward = Command.make("pushforward").pipe(
  Command.withDescription("Normalizing flows: fit a density, score rows, draw samples, look at it"),
  Command.withSubcommands([fit, score, sample, plot, inspect, list, study, verify]),
)
