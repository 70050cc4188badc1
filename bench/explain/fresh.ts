/**
 * Measurements that must not meet anything warm: each in a process of its own.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import type { Configuration } from "../configurations.ts"

/** What `module` prints as JSON, run in a fresh process with a configuration as its argument. */
export const inFreshProcess = async <A>(
  module: string,
  configuration: Configuration,
): Promise<A> => {
  const file = fileURLToPath(new URL(module, import.meta.url))
  const child = spawn(
    process.execPath,
    [...process.execArgv, file, JSON.stringify(configuration)],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  const ended = once(child, "close")
  const output = await text(child.stdout)
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`${module} failed on ${configuration.name}: see above.`)
  return JSON.parse(output) as A
}
