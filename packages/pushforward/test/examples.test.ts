import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { resolve } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"

const examples = resolve(import.meta.dirname, "../../../examples")

/** Shorter runs of those that take a minute. */
const options: Readonly<Record<string, ReadonlyArray<string>>> = {
  "gas-the-way-the-post-did-it.ts": ["--steps", "50"],
}

describe("examples", () => {
  it.each(readdirSync(examples).filter((name) => name.endsWith(".ts")))("%s runs", async (name) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--conditions=@pushforward/source",
      resolve(examples, name),
      ...(options[name] ?? []),
    ])
    expect(stdout).toContain("held out")
  })
})
