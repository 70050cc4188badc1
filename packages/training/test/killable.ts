import { spawn } from "node:child_process"
import { mkdtemp, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { expect } from "vitest"

/** Runs a script of this folder in a process of its own; kills it when it has told of `killAt` steps. Gives what it told. */
const runScript = (script: string, folder: string, killAt = Infinity): Promise<string> =>
  new Promise((done) => {
    const path = resolve(import.meta.dirname, script)
    const child = spawn(process.execPath, ["--conditions=@pushforward/source", path, folder])
    let told = ""
    child.stdout.on("data", (text: Buffer) => {
      told += text.toString()
      const steps = Array.from(told.matchAll(/step (\d+)\n/g), ([, step]) => Number(step))
      if (Math.max(0, ...steps) >= killAt) child.kill("SIGKILL")
    })
    child.on("close", () => done(told))
  })

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), "pushforward-killed-"))

/** A fit that is killed after each of these steps, and goes on each time, ends in the same bits as one that is not. */
export const expectSameBitsThoughKilled = async (
  script: string,
  kills: ReadonlyArray<number>,
): Promise<void> => {
  const expected = (await runScript(script, await temporary())).split("\n").at(-2)
  expect(expected).toMatch(/^done /)
  const folder = await temporary()
  const starts: Array<number> = []
  for (const killAt of kills) {
    const told = await runScript(script, folder, killAt)
    expect(told).not.toContain("done")
    starts.push(Number(/step (\d+)/.exec(told)![1]))
  }
  expect(starts[0]).toBe(0)
  for (const start of starts.slice(1)) expect(start).toBeGreaterThan(0)
  expect((await stat(join(folder, "checkpoint.safetensors"))).size).toBeGreaterThan(0)
  const rest = await runScript(script, folder)
  expect(Number(/step (\d+)/.exec(rest)![1])).toBeGreaterThan(starts.at(-1)!)
  expect(rest.split("\n").at(-2)).toBe(expected)
}
