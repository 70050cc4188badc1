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
import { lettersOf } from "../made/letters.ts"

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
const shares = ({ shape, values }: Rows): ReadonlyArray<number> => {
  const [rows, columns] = shape as [number, number]
  return Array.from(
    { length: columns },
    (_, j) => values.filter((bit, i) => i % columns === j && bit === 1).length / rows,
  )
}

describe("packed bits", () => {
  it("are the rows that numpy packed", () => {
    const { train, validation, test } = binaryRows(arrays, "dna")
    expect([train, validation, test].map(({ shape }) => shape)).toEqual([
      [400, 15],
      [100, 15],
      [100, 15],
    ])
    expect([...train.values.subarray(0, 30)]).toEqual(content.firstRows.flat())
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

describe("letters", () => {
  it("are three bits each", () => {
    const { train } = binaryRows(arrays, "dna")
    const { shape, values } = lettersOf(train)
    expect(shape).toEqual([400, 5])
    expect([...values.subarray(0, 10)]).toEqual(content.firstLetters.flat())
  })

  it("that are none are told", () => {
    const rows = (bits: ReadonlyArray<number>): Rows => ({
      shape: [1, bits.length],
      dtype: "float32",
      values: Float32Array.from(bits),
    })
    expect(() => lettersOf(rows([0, 0, 0, 1, 1, 0]))).toThrow(/got 110 at letter 1 of row 0/)
    expect(() => lettersOf(rows([0, 0, 0, 1]))).toThrow(/got 4 bits/)
  })
})

describe("MADE on rows whose density is known", () => {
  const fit = {
    batchSize: 50,
    epochs: 60,
    patience: 10,
    schedule: constant(5e-3),
    optimiser: adam(),
  }
  it.each([
    ["letters", { network: { hidden: [40] }, letters: true, fit }, 0.2],
    ["bits", { network: { hidden: [40], direct: true }, fit }, 0.6],
  ])("comes near it on %s, far above independent letters", async (_, recipe, gap) => {
    const { test, bestEpoch } = await Effect.runPromise(
      Effect.provide(
        fitRecipe(recipe, binaryRows(arrays, "dna"), { seed: 1 }),
        onnxWith({ threads: 1 }),
      ),
    )
    expect(bestEpoch).toBeGreaterThan(1)
    // A hundred rows may by chance fit a wrong density a little better than the right one.
    expect(test.mean).toBeLessThan(content.truth + 0.1)
    expect(test.mean).toBeGreaterThan(content.truth - gap)
    expect(test.mean).toBeGreaterThan(content.independent + 2)
  })
})

describe("the table", () => {
  it("is written with its picture", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--conditions=@pushforward/source",
      at("../made/table.ts"),
      "--data",
      data,
      "--only",
      "dna",
      "--epochs",
      "2",
      "--out",
      folder,
    ])
    const table = readFileSync(join(folder, "table.md"), "utf8")
    expect(stdout.endsWith(table)).toBe(true)
    const row = table.split("\n")[2]!.split(" | ")
    expect(row.slice(0, 2)).toEqual(["| dna", "15"])
    // Hardly trained, a letter costs about as much as one of four that are as likely as each other.
    const score = Number(row[3]!.split(" ± ")[0]!.replace("−", "-"))
    expect(score).toBeGreaterThan(content.independent - 1)
    expect(score).toBeLessThan(content.truth)
    expect(readFileSync(join(folder, "dna.png")).subarray(1, 4).toString()).toBe("PNG")
  })
})
