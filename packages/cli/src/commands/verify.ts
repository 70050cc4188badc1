import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { Backend } from "@pushforward/core"
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { backendLayer, backendNames, ModelError, standardPlugins } from "pushforward"
import * as options from "../options.ts"
import { printJson, reportFailure, say } from "../report.ts"

/** `verify <module>`: runs every law over the plugins that a module exports. */
export const verify = Command.make(
  "verify",
  {
    module: Argument.String("module").pipe(
      Argument.withDescription("A file, or a package installed here, that exports plugins"),
    ),
    runs: Flag.Int("runs").pipe(
      Flag.withSchema(options.positive),
      Flag.withDescription("Random cases for each law; default 20"),
      Flag.withDefault(20),
    ),
    seed: options.seed,
    precision: Flag.Literals("precision", ["both", "float32", "float64"]).pipe(
      Flag.withDescription("The arithmetic in which laws measure; float64 is of the traced graph"),
      Flag.withDefault("both" as const),
    ),
    // The plain kernels round like IEEE float32, so that what fails is the plugin.
    backend: Flag.Literals("backend", backendNames).pipe(
      Flag.withDescription("What runs the numbers; default cpu"),
      Flag.withDefault("cpu" as const),
    ),
    json: options.json,
  },
  ({ module, runs, seed, precision, backend, json }) =>
    Effect.gen(function* () {
      yield* Backend
      const { formatReport, verifyModule } = yield* Effect.promise(
        () => import("@pushforward/laws"),
      )
      const exports = yield* importModule(module)
      const report = verifyModule(exports, {
        runs,
        seed,
        ...(precision !== "both" && { precisions: [precision] }),
        from: module,
        plugins: standardPlugins,
      })
      yield* say(formatReport(report))
      if (json) yield* printJson(report)
      if (!report.ok) process.exitCode = 1
    }).pipe(Effect.provide(backendLayer(backend)), reportFailure),
).pipe(Command.withDescription("Run the laws over a module's plugins"))

const importModule = (module: string): Effect.Effect<Record<string, unknown>, ModelError> =>
  Effect.tryPromise({
    try: async () => {
      const path = existsSync(module)
        ? resolve(module)
        : createRequire(join(process.cwd(), "package.json")).resolve(module)
      return (await import(pathToFileURL(path).href)) as Record<string, unknown>
    },
    catch: (cause) =>
      new ModelError({
        file: module,
        problem: `the module cannot be imported (${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)})`,
        hint: "Give the path of a JavaScript file, or the name of an installed package.",
        cause,
      }),
  })
