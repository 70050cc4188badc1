import { execFile, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, readdir, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"

const bin = resolve(import.meta.dirname, "../src/bin.ts")

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line as a user does: a process of its own. */
const run = (...args: ReadonlyArray<string>): Promise<Ended> =>
  new Promise((done) => {
    execFile(
      process.execPath,
      ["--conditions=@pushforward/source", bin, ...args],
      { cwd: folder },
      (error, stdout, stderr) =>
        done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    )
  })

const lastJson = ({ stdout }: Ended): Record<string, unknown> =>
  JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as Record<string, unknown>

let folder: string
const file = (name: string): string => join(folder, name)

const points = Array.from(
  { length: 300 },
  (_, i) => `${100 + Math.sin(i * i)},${Math.cos(i * i) + Math.sin(i)},word`,
)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pushforward-cli-"))
  await writeFile(file("data.csv"), `x,y,name\n${points.join("\n")}\n`)
})

describe("verify", () => {
  const verified = async (...args: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
    await writeFile(
      file("plugin.mjs"),
      `export { expPlugin } from ${JSON.stringify(import.meta.resolve("@pushforward/bijectors"))}\n`,
    )
    const ended = await run("verify", "plugin.mjs", "--runs", "2", "--json", ...args)
    expect(ended.stderr).toContain("all hold")
    expect(ended.code).toBe(0)
    return (lastJson(ended)["laws"] as ReadonlyArray<{ readonly law: string }>).map((r) => r.law)
  }

  it("measures in float32 and in float64, or in one of them", async () => {
    const both = await verified()
    expect(both).toContain("log-det (float32)")
    expect(both).toContain("log-det (float64)")
    const one = await verified("--precision", "float64")
    expect(one).toEqual(both.filter((law) => !law.endsWith("(float32)")))
  })
})

describe("fit, score, sample, plot, inspect", () => {
  let fitted: Ended
  beforeAll(async () => {
    fitted = await run(
      "fit",
      "data.csv",
      "--out",
      "model",
      "--columns",
      "x,y",
      "--epochs",
      "2",
      "--seed",
      "3",
      "--json",
    )
  })

  it("fit writes the model folder with its picture, and the result as the last line", async () => {
    expect(fitted.stderr).toContain("Held-out log-likelihood")
    expect(fitted.code).toBe(0)
    expect(lastJson(fitted)).toEqual({
      rows: 300,
      columns: ["x", "y"],
      heldOutLogLikelihood: expect.any(Number),
      standardError: expect.any(Number),
      gaussianLogLikelihood: expect.any(Number),
      epochs: 2,
      seconds: expect.any(Number),
      seed: 3,
    })
    expect((await readdir(file("model"))).toSorted()).toEqual([
      "density.png",
      "model.json",
      "weights.safetensors",
    ])
  })

  it("score gives the mean, and writes every row with its log_prob", async () => {
    const ended = await run("score", "model", "data.csv", "--out", "scores.csv", "--json")
    expect(lastJson(ended)).toEqual({
      rows: 300,
      meanLogLikelihood: expect.any(Number),
      standardError: expect.any(Number),
    })
    const lines = (await readFile(file("scores.csv"), "utf8")).trimEnd().split("\n")
    expect(lines[0]).toBe("x,y,log_prob")
    expect(lines).toHaveLength(301)
    const scores = lines.slice(1).map((line) => Number(line.split(",")[2]))
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length
    expect(mean).toBeCloseTo(lastJson(ended)["meanLogLikelihood"] as number, 9)
  })

  it("sample writes the same rows for the same seed", async () => {
    const draw = async (out: string, seed: string): Promise<string> => {
      const ended = await run("sample", "model", "--count", "50", "--seed", seed, "--out", out)
      expect(ended.code).toBe(0)
      return readFile(file(out), "utf8")
    }
    const draws = await draw("a.csv", "1")
    expect(draws.trimEnd().split("\n")).toHaveLength(51)
    expect(await draw("b.csv", "1")).toBe(draws)
    expect(await draw("c.csv", "2")).not.toBe(draws)
  })

  it("plot writes SVG and PNG", async () => {
    expect((await run("plot", "model", "--data", "data.csv", "--out", "p.svg")).code).toBe(0)
    expect(await readFile(file("p.svg"), "utf8")).toContain("held-out log-likelihood")
    expect((await run("plot", "model", "--out", "p.png")).code).toBe(0)
    expect((await readFile(file("p.png"))).subarray(1, 4).toString()).toBe("PNG")
    const odd = await run("plot", "model", "--out", "p.jpg")
    expect(odd).toMatchObject({ code: 1, stderr: expect.stringContaining(".png or .svg") })
  })

  it("inspect and list describe", async () => {
    const inspected = await run("inspect", "model", "--json")
    expect(lastJson(inspected)).toMatchObject({
      columns: ["x", "y"],
      flow: { _tag: "maf" },
      seed: 3,
    })
    expect((await run("inspect", "model", "--graph")).stderr).toMatch(
      /MatMul.* : float32 \[n, 64\]/,
    )
    expect(lastJson(await run("list", "--json"))["plugins"]).toContainEqual(
      expect.objectContaining({ kind: "bijector", tag: "softplus" }),
    )
  })

  it("a flow may be a file; wrong ones say where", async () => {
    await writeFile(file("flow.json"), JSON.stringify({ _tag: "maf", layers: 1, hidden: [4] }))
    const ended = await run(
      "fit",
      "data.csv",
      "--columns",
      "x,y",
      "--flow",
      "flow.json",
      "--out",
      "one",
      "--epochs",
      "1",
    )
    expect(ended.code).toBe(0)
    await writeFile(file("wrong.json"), JSON.stringify({ _tag: "maf", layers: "many" }))
    const wrong = await run(
      "fit",
      "data.csv",
      "--columns",
      "x,y",
      "--flow",
      "wrong.json",
      "--out",
      "two",
    )
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("layers: expected") })
  })

  it("the same seed gives the same model", async () => {
    const again = await run(
      "fit",
      "data.csv",
      "--out",
      "again",
      "--columns",
      "x,y",
      "--epochs",
      "2",
      "--seed",
      "3",
    )
    expect(again.code).toBe(0)
    expect(await readFile(file("again/weights.safetensors"))).toEqual(
      await readFile(file("model/weights.safetensors")),
    )
  })
})

describe("a conditional density", () => {
  const given = ["--columns", "y", "--context", "x", "--epochs", "2", "--seed", "3"]
  let fitted: Ended
  beforeAll(async () => {
    fitted = await run("fit", "data.csv", "--out", "given", ...given, "--json")
  })

  it("is fitted, with a picture, and described", async () => {
    expect(fitted.stderr).toContain("Held-out log-likelihood")
    expect(lastJson(fitted)).toMatchObject({ columns: ["y"], context: ["x"] })
    expect(await readdir(file("given"))).toContain("density.png")
    const inspected = await run("inspect", "given", "--json")
    expect(inspected.stderr).toMatch(/given\n {2}x: mean (99|100)\./)
    expect(lastJson(inspected)).toMatchObject({ columns: ["y"], context: { columns: ["x"] } })
    expect((await run("inspect", "given", "--graph")).stderr).toContain("float32 [n, 64]")
  })

  it("scores rows with their context, and draws for each row of one", async () => {
    const scoring = ["score", "given", "data.csv", "--out", "given.csv", "--coverage", "--json"]
    const scored = await run(...scoring)
    expect(scored.code).toBe(0)
    expect(lastJson(scored)["coverage"]).toContainEqual({
      level: 0.5,
      observed: expect.any(Number),
    })
    const lines = (await readFile(file("given.csv"), "utf8")).trimEnd().split("\n")
    expect(lines[0]).toBe("y,x,log_prob")
    expect(lines).toHaveLength(301)
    await writeFile(file("contexts.csv"), "x\n99.5\n100\n")
    const draws = ["sample", "given", "--count", "3", "--out", "drawn.csv"]
    expect((await run(...draws, "--context", "contexts.csv")).code).toBe(0)
    const drawn = (await readFile(file("drawn.csv"), "utf8")).trimEnd().split("\n")
    expect(drawn[0]).toBe("y,x")
    expect(
      drawn
        .slice(1)
        .map((line) => line.split(",")[1])
        .join(" "),
    ).toBe("99.5 99.5 99.5 100 100 100")
    for (const [flag, command] of [
      ["--context", draws],
      ["--data", ["plot", "given", "--out", "drawn.svg"]],
    ] as const) {
      expect(await run(...command)).toMatchObject({
        code: 1,
        stderr: `error: the model is conditioned on x; expected a table with this column. Give it as ${flag} table.csv.\n`,
      })
    }
  })

  it("says which column is missing, or no number", async () => {
    await writeFile(file("holes.csv"), "x,y\n1,2\nNaN,3\n4,5\n6,7\n")
    expect(await run("score", "given", "holes.csv")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/"x" .*NaN/),
    })
    expect(await run("fit", "data.csv", ...given.with(3, "z"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no column "z"'),
    })
  })
})

describe("a NumPy matrix", () => {
  it("is fitted, scored and drawn as the same rows in a CSV file", async () => {
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (300, 2), }".padEnd(117)
    const values = Float64Array.from(
      points.flatMap((line) => line.split(",").slice(0, 2).map(Number)),
    )
    await writeFile(
      file("data.npy"),
      Buffer.concat([
        Buffer.from(`\u0093NUMPY\u0001\u0000\u0076\u0000${header}\n`, "latin1"),
        Buffer.from(values.buffer),
      ]),
    )
    const rows = points.map((line) => line.split(",").slice(0, 2).join(","))
    await writeFile(file("same.csv"), `column1,column2\n${rows.join("\n")}\n`)
    expect((await run("fit", "data.npy", "--out", "matrix", "--epochs", "2")).code).toBe(0)
    const scoresOf = async (data: string): Promise<string> => {
      expect((await run("score", "matrix", data, "--out", "scored.csv")).code).toBe(0)
      return readFile(file("scored.csv"), "utf8")
    }
    const scores = await scoresOf("data.npy")
    expect(scores.split("\n")[0]).toBe("column1,column2,log_prob")
    expect(await scoresOf("same.csv")).toBe(scores)
    expect((await run("plot", "matrix", "--data", "data.npy", "--out", "m.svg")).code).toBe(0)
  })
})

/** Runs the command and interrupts it some time after it said what it fits. */
const interruptedAfter = (milliseconds: number, ...args: ReadonlyArray<string>): Promise<Ended> =>
  new Promise((done) => {
    const child = spawn(process.execPath, ["--conditions=@pushforward/source", bin, ...args], {
      cwd: folder,
    })
    let [stdout, stderr] = ["", ""]
    child.stdout.on("data", (text: Buffer) => (stdout += text.toString()))
    child.stderr.on("data", (text: Buffer) => {
      if (stderr === "") setTimeout(() => child.kill("SIGINT"), milliseconds)
      stderr += text.toString()
    })
    child.on("close", (code) => done({ code: code ?? -1, stdout, stderr }))
  })

describe("Ctrl-C", () => {
  const fitting = [
    "fit",
    "data.csv",
    "--columns",
    "x,y",
    "--epochs",
    "400",
    "--patience",
    "400",
    "--seed",
    "3",
    "--flow",
    "maf",
    "--checkpoint",
    "run",
  ]
  it("saves the run, and the same command goes on to the same model", async () => {
    let stopped = await interruptedAfter(300, ...fitting, "--out", "part")
    // On a busy machine that may be before the first step, when there is nothing to save.
    for (let wait = 600; wait < 10_000 && !existsSync(file("run")); wait *= 2) {
      stopped = await interruptedAfter(wait, ...fitting, "--out", "part")
    }
    expect(stopped.stderr).toContain("Stopped; saved in run")
    expect(stopped.code).toBe(130)
    const rest = await run(...fitting, "--out", "rest")
    expect(rest.stderr).toContain("Going on from the checkpoint after step")
    expect(rest.code).toBe(0)
    expect((await run(...fitting.slice(0, -2), "--out", "whole")).code).toBe(0)
    expect(await readFile(file("rest/weights.safetensors"))).toEqual(
      await readFile(file("whole/weights.safetensors")),
    )
  })
})

describe("Ctrl-C before the first step", () => {
  it("says that there is nothing to go on from", async () => {
    const ties = Array.from({ length: 300 }, (_, i) => `${i % 7},${Math.sin(i * i)}`)
    await writeFile(file("ties.csv"), `x,y\n${ties.join("\n")}\n`)
    // What is said about the ties comes before the flow is compiled.
    const args = ["fit", "ties.csv", "--checkpoint", "never", "--out", "never-model"]
    const stopped = await interruptedAfter(0, ...args)
    expect(stopped.stderr).toContain("Stopped before there was anything to save")
    expect(stopped.code).toBe(130)
    expect(existsSync(file("never"))).toBe(false)
  })
})

describe("bad input: one line with the mend, exit code 1, an existing model untouched", () => {
  const bad: ReadonlyArray<
    readonly [what: string, text: string | undefined, args: string[], message: RegExp]
  > = [
    ["a missing file", undefined, [], /no such file|does not exist|cannot be (read|found)/i],
    ["a missing column", "x,y\n1,2\n3,4\n", ["--columns", "x,z"], /no column "z".*x.*y/],
    ["a misspelt column", "price,size\n1,2\n3,4\n", ["--columns", "prise"], /Did you mean "price"/],
    [
      "text where a number belongs",
      "x,y\n1,2\n3,four\n5,6\n",
      ["--columns", "x,y"],
      /four.*(row|line) 3|(row|line) 3.*four/,
    ],
    ["an empty file", "", [], /empty/],
    ["one row", "x,y\n1,2\n", [], /1 row/],
    ["a constant column", "x,y\n1,2\n1,3\n1,4\n", [], /"x" is 1 in every row/],
    ["NaN cells", "x,y\n1,2\nNaN,3\n4,5\n6,NaN\n", ["--columns", "x,y"], /3/],
    ["infinite cells", "x,y\n1,2\n-Infinity,3\n4,5\n", ["--columns", "x,y"], /3/],
    ["an unknown flow", "x,y\n1,2\n2,3\n1,4\n", ["--flow", "mfa"], /Did you mean "maf"/],
  ]

  it.each(bad)("%s", async (_, text, args, message) => {
    if (text !== undefined) await writeFile(file("bad.csv"), text)
    const before = await stat(file("model/model.json"))
    const ended = await run(
      "fit",
      text === undefined ? "missing.csv" : "bad.csv",
      "--out",
      "model",
      ...args,
    )
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1)
    expect(ended.code).toBe(1)
    expect((await stat(file("model/model.json"))).mtimeMs).toBe(before.mtimeMs)
  })

  it("a learning rate that is not above 0", async () => {
    const ended = await run("fit", "data.csv", "--out", "model", "--learning-rate=-1")
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("--learning-rate") })
  })

  it("a picture where it cannot be written", async () => {
    expect(await run("plot", "model", "--out", "no/such/p.svg")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: no\/such\/p\.svg: .*\(ENOENT.*Make the folder first\.\n$/,
      ),
    })
  })

  it("refuses to replace a folder that is no model", async () => {
    const ended = await run("fit", "data.csv", "--columns", "x,y", "--out", ".", "--epochs", "1")
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("not a model folder") })
    expect(await readdir(folder)).toContain("data.csv")
  })

  it("a model that is none, and data that do not fit the model", async () => {
    expect(await run("score", "nothing", "data.csv")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nothing/model.json: the file cannot be read"),
    })
    await writeFile(file("other.csv"), "x,z\n1,2\n3,4\n")
    expect(await run("score", "model", "other.csv")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no column "y"'),
    })
  })
})
