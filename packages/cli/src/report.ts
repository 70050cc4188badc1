/**
 * How commands end: people read standard error, scripts read the last line of standard output.
 */
import { Effect } from "effect"

/** A line for people. */
export const say = (line: string): Effect.Effect<void> =>
  Effect.sync(() => void process.stderr.write(`${line}\n`))

/** The result for scripts: one JSON object on a line of its own. */
export const printJson = (result: object): Effect.Effect<void> =>
  Effect.sync(() => void process.stdout.write(`${JSON.stringify(result)}\n`))

/** Turns a failure into one line on standard error and the exit code 1. */
export const reportFailure = <R>(
  command: Effect.Effect<void, { readonly message: string }, R>,
): Effect.Effect<void, never, R> =>
  Effect.catch(command, (error) =>
    Effect.sync(() => {
      process.stderr.write(`error: ${error.message.replaceAll(/\s*\n\s*/g, " ")}\n`)
      process.exitCode = 1
    }),
  )
