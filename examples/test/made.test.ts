/**
 * The experiments of `examples/made` on a small file of the same format.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { onnxWith } from "@pushforward/backend-onnx"
import { type NumpyArray, readNpz } from "@pushforward/data"
import { adam, constant, type Rows } from "@pushforward/training"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import content from "./data/chains.json" with { type: "json" }
import { binaryRows } from "../made/binaryRows.ts"
import { fitRecipe } from "../made/fitRecipe.ts"
import { recipes } from "../made/recipes.ts"

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const data = at("data")
const folder = mkdtempSync(join(tmpdir(), "pushforward-made-"))
afterAll(() => rmSync(folder, { recursive: true }))

let arrays: ReadonlyMap<string, NumpyArray>
beforeAll(async () => {
  const path = join(data, "made_binary", "made_binary_packed.npz")
  arrays = await Effect.runPromise(Effect.provide(readNpz(path), NodeServices.layer))
})

/** The share of ones in each column. */
const shares = ({ shape: [rows, columns], values }: Rows): ReadonlyArray<number> =>
  Array.from(
    { length: columns! },
    (_, j) => values.filter((bit, i) => i % columns! === j && bit === 1).length / rows!,
  )

describe("packed bits", () => {
  it("are the rows that numpy packed", () => {
    const { train, validation, test } = binaryRows(arrays, "dna")
    expect([train, validation, test].map(({ shape }) => shape)).toEqual([
      [400, 11],
      [100, 11],
      [100, 11],
    ])
    expect([...train.values.subarray(0, 22)]).toEqual(content.firstRows.flat())
    expect(shares(test)).toEqual(content.testShares)
  })

  it("of a file with one data set fill their bytes", () => {
    const bytes: NumpyArray = { shape: [1, 2], values: Uint8Array.of(0b1000_0011, 1) }
    const alone = new Map(["train", "valid", "test"].map((name) => [name, bytes]))
    const { test } = binaryRows(alone)
    expect(test.shape).toEqual([1, 16])
    expect([...test.values]).toEqual([1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1])
  })

  it("that are not there, or too few, are told", () => {
    expect(() => binaryRows(arrays, "adult")).toThrow(/expected an array "adult.nvars", got dna/)
    const short = new Map(arrays).set("dna.nvars", { shape: [1], values: Int32Array.of(30) })
    expect(() => binaryRows(short, "dna")).toThrow(
      /dna train: expected rows of 4 bytes for 30 columns, got the shape \[400, 2\]/,
    )
  })
})

describe("MADE on bits whose density is known", () => {
  it("comes within a tenth of a nat of it, and beats independent bits by two nats", async () => {
    const { test, bestEpoch } = await Effect.runPromise(
      Effect.provide(
        fitRecipe(
          {
            network: { hidden: [40], activation: "relu" },
            fit: { batchSize: 50, epochs: 60, patience: 10, schedule: constant(5e-3), optimiser: adam() },
          },
          binaryRows(arrays, "dna"),
          { seed: 1 },
        ),
        onnxWith({ threads: 1 }),
      ),
    )
    expect(bestEpoch).toBeGreaterThan(1)
    expect(test.mean - content.truth).toBeLessThan(0.1)
    expect(test.mean - content.truth).toBeGreaterThan(-0.3)
    expect(test.mean - content.independent).toBeGreaterThan(2)
  })
})

describe("the table", () => {
  it("has a recipe for each data set of the paper that is asked for", () => {
    expect(new Set(recipes.map(({ name }) => name)).size).toBe(recipes.length)
  })

  it("is written with its picture", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--conditions=@pushforward/source",
      at("../made/table.ts"),
      ...["--data", data, "--only", "dna", "--epochs", "2", "--out", folder],
    ])
    const table = readFileSync(join(folder, "table.md"), "utf8")
    expect(stdout.endsWith(table)).toBe(true)
    const row = table.split("\n")[2]!.split(" | ")
    expect(row.slice(0, 2)).toEqual(["| dna", "11"])
    // Hardly trained, a bit costs about as much as a fair coin.
    const score = Number(row[3]!.split(" ± ")[0]!.replace("−", "-"))
    expect(score).toBeGreaterThan(-11 * Math.LN2 - 1)
    expect(score).toBeLessThan(content.truth)
    expect(readFileSync(join(folder, "dna.png")).subarray(1, 4).toString()).toBe("PNG")
  })
})
