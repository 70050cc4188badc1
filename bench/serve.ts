/**
 * The protocol that engines speak, from the engine's side.
 *
 * The engine's argument is a configuration with its settings, as JSON. It prints its versions as one line of JSON, then
 * answers each line on its standard input with one: a program's name with what the program took, `"peak"` with the bytes
 * of memory that the process held at most. It ends with its input.
 */
import { createInterface } from "node:readline"
import workspace from "../package.json" with { type: "json" }
import type { Configuration } from "./configurations.ts"
import { peakMemory } from "./peakMemory.ts"
import type { Program, Settings, Timing } from "./Engine.ts"

/** What this process serves. */
export interface Served extends Configuration, Settings {}

export const served = (): Served => JSON.parse(process.argv[2]!) as Served

/** Answers until the input ends. `packages` are those whose speed this is, for their versions. */
export const serve = async (
  packages: ReadonlyArray<keyof typeof workspace.devDependencies>,
  programs: Readonly<Record<Program, () => Promise<Timing>>>,
): Promise<void> => {
  const answer = (value: unknown): void => console.log(JSON.stringify(value))
  answer(Object.fromEntries(packages.map((name) => [name, workspace.devDependencies[name]])))
  for await (const line of createInterface({ input: process.stdin })) {
    answer(line === "peak" ? peakMemory() : await programs[line as Program]())
  }
}
