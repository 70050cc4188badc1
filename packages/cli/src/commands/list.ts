import { Effect } from "effect"
import { Command } from "effect/cli"
import { standardPlugins } from "pushforward"
import * as options from "../options.ts"
import { printJson } from "../report.ts"

/** `list`: what specs may name. */
export const list = Command.make("list", { json: options.json }, ({ json }) => {
  const rows = standardPlugins.map(({ kind, tag, description }) => ({
    kind: kind.name,
    tag,
    description,
  }))
  const width = Math.max(...rows.map(({ tag }) => tag.length))
  return Effect.gen(function* () {
    for (const kind of new Set(rows.map((row) => row.kind))) {
      process.stderr.write(`${kind}s\n`)
      for (const row of rows.filter((r) => r.kind === kind)) {
        process.stderr.write(`  ${row.tag.padEnd(width)}  ${row.description}\n`)
      }
    }
    if (json) yield* printJson({ plugins: rows })
  })
}).pipe(
  Command.withDescription("List the bijectors, transformers and distributions that specs may name"),
)
