import { spawn } from "node:child_process"
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { cellsOf, parseGrid } from "../src/study/cells.ts"
import { formatRows, seriesOf, summarise } from "../src/study/summary.ts"

const grid = Result.getOrThrow(parseGrid({ layers: "1,2", hidden: "8,4x4", activation: "tanh" }))

describe("the grid", () => {
  it("reads numbers, lists and words, and makes every combination with every seed", () => {
    expect(grid).toEqual([
      ["layers", [1, 2]],
      ["hidden", [[8], [4, 4]]],
      ["activation", ["tanh"]],
    ])
    const cells = cellsOf(grid, 3)
    expect(cells).toHaveLength(12)
    expect(new Set(cells.map(({ id }) => id)).size).toBe(12)
    expect(cells[3]).toEqual({
      id: "layers-1_hidden-4x4_activation-tanh_seed-0",
      settings: { layers: 1, hidden: [4, 4], activation: "tanh" },
      seed: 0,
    })
    expect(cellsOf([], 2).map(({ id }) => id)).toEqual(["seed-0", "seed-1"])
    expect(Result.isFailure(parseGrid({ layers: "1,,2" }))).toBe(true)
  })

  it("is summed up by mean and spread over the seeds", () => {
    const cells = cellsOf(grid, 3)
    const rows = summarise(
      cells.map((cell, i) => [
        cell,
        {
          heldOutLogLikelihood: i + cell.seed,
          standardError: 1,
          gaussianLogLikelihood: 0,
          epochs: 1,
          seconds: 2,
        },
      ]),
    )
    expect(rows).toHaveLength(4)
    expect(rows[1]).toMatchObject({ scores: [3, 5, 7], mean: 5, spread: 2, seconds: 2 })
    expect(formatRows(rows).split("\n")[2]).toMatch(/1 +4x4 +tanh +3 +5.000 +2.000 +3.000 +7.000/)
    expect(seriesOf(grid, rows)).toMatchObject({
      along: "layers",
      series: [
        { name: "hidden 8, activation tanh", x: [1, 2] },
        { name: "hidden 4x4, activation tanh", x: [1, 2] },
      ],
    })
  })
})

describe("pushforward study", () => {
  const bin = resolve(import.meta.dirname, "../src/bin.ts")
  const run = (
    folder: string,
    args: ReadonlyArray<string>,
    interruptAfter?: string,
  ): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> =>
    new Promise((done) => {
      const child = spawn(
        process.execPath,
        ["--conditions=@pushforward/source", bin, "study", "data.npy", ...args],
        { cwd: folder },
      )
      let [stdout, stderr] = ["", ""]
      child.stdout.on("data", (text: Buffer) => (stdout += text.toString()))
      child.stderr.on("data", (text: Buffer) => {
        stderr += text.toString()
        if (interruptAfter && stderr.includes(interruptAfter) && !child.killed) child.kill("SIGINT")
      })
      child.on("close", (code) => done({ code, stdout, stderr }))
    })

  it("trains the grid in processes, goes on where it was stopped, and does nothing twice", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pushforward-study-"))
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (200, 2), }".padEnd(117)
    const values = Float64Array.from({ length: 400 }, (_, i) =>
      i % 2 === 0 ? Math.sin((i * i) / 4) : Math.cos(i / 2) ** 2,
    )
    await writeFile(
      join(folder, "data.npy"),
      Buffer.concat([
        Buffer.from(`\u0093NUMPY\u0001\u0000\u0076\u0000${header}\n`, "latin1"),
        Buffer.from(values.buffer),
      ]),
    )
    const args = ["--vary", "layers=1,2", "--seeds", "1", "--epochs", "2", "--out", "s", "--json"]
    const stopped = await run(folder, [...args, "--workers", "1"], "(1 of 2)")
    expect(stopped.code).toBe(130)
    const cell = join(folder, "s/cells/layers-1_seed-0.json")
    const before = await stat(cell)
    const rest = await run(folder, args)
    expect(rest.stderr).toContain("2 fits: 2 of layers × 1 seed; 1 done already")
    expect(rest.code).toBe(0)
    const { rows } = JSON.parse(rest.stdout.trimEnd().split("\n").at(-1)!) as {
      readonly rows: ReadonlyArray<{ readonly scores: ReadonlyArray<number> }>
    }
    expect(rows).toHaveLength(2)
    expect((await stat(cell)).mtimeMs).toBe(before.mtimeMs)
    expect(JSON.parse(await readFile(cell, "utf8"))).toMatchObject({
      settings: { layers: 1 },
      seed: 0,
      heldOutLogLikelihood: rows[0]!.scores[0],
    })
    expect(await readdir(join(folder, "s"))).toEqual(
      expect.arrayContaining(["cells", "study.json", "study.png", "study.svg"]),
    )
    const other = await run(folder, [...args, "--columns", "column1"])
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("s holds another study"),
    })
    await rm(folder, { recursive: true })
  }, 180_000)

  it("says once what is wrong with the data, and makes nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pushforward-study-"))
    const { code, stderr } = await run(folder, ["--vary", "layers=1,2", "--out", "s"])
    expect(code).toBe(1)
    expect(stderr.match(/there is no such file/g)).toHaveLength(1)
    expect(await readdir(folder)).toEqual([])
    await rm(folder, { recursive: true })
  })
})
