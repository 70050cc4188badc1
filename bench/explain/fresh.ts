/**
 * Measurements that must not meet anything warm: each in a process of its own.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import type { Configuration } from "../configurations.ts"
import { inNode } from "../inNode.ts"

/** What `module` prints as JSON, run in a fresh process with a configuration as its argument. */
export const inFreshProcess = async <A>(
  module: string,
  configuration: Configuration,
): Promise<A> => {
  const child = spawn(
    process.execPath,
    [...inNode(`explain/${module}`), JSON.stringify(configuration)],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  const ended = once(child, "close")
  const output = await text(child.stdout)
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`${module} failed on ${configuration.name}: see above.`)
  return JSON.parse(output) as A
}
