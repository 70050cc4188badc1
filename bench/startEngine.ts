/**
 * The protocol that engines speak, from the side that asks; see `serve.ts`.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import type { Configuration } from "./configurations.ts"
import type { Engine, Program, Timing } from "./Engine.ts"

/** A process that has an engine and a flow ready. */
export interface Started {
  readonly versions: Readonly<Record<string, string>>
  readonly time: (program: Program) => Promise<Timing>
  /** The most memory the process held at once, in bytes. */
  readonly peakMemory: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** Starts an engine as a process of its own, so that no engine meets another's state. */
export const startEngine = async (
  { name, command, args, settings }: Engine,
  configuration: Configuration,
): Promise<Started> => {
  const argument = JSON.stringify({ ...configuration, ...settings })
  const child = spawn(command, [...args, argument], { stdio: ["pipe", "pipe", "inherit"] })
  const ended = once(child, "close")
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async <A>(): Promise<A> => {
    const line = await lines.next()
    if (line.done) {
      const [code, signal] = (await ended) as [number | null, string | null]
      throw new Error(
        `${name} ended early on ${configuration.name}, by ${signal ?? `exit ${code}`}.`,
      )
    }
    return JSON.parse(line.value) as A
  }
  const ask = <A>(question: string): Promise<A> => {
    child.stdin.write(`${question}\n`)
    return answer()
  }
  return {
    versions: await answer(),
    time: (program) => ask(program),
    peakMemory: () => ask("peak"),
    stop: async () => {
      child.stdin.end()
      await ended
    },
  }
}
