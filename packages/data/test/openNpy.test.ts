import { mkdtemp, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import { type NpyOptions, openNpy } from "../src/index.ts"

/** The bytes that numpy.save writes for a matrix. */
const npy = (descr: string, shape: string, values: ArrayBufferView): Buffer => {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`
  const padded = `${header.padEnd(117)}\n`
  const length = Buffer.from([padded.length & 0xff, padded.length >> 8])
  return Buffer.concat([
    Buffer.from("\u0093NUMPY\u0001\u0000", "latin1"),
    length,
    Buffer.from(padded),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ])
}

let folder: string
const file = (name: string): string => join(folder, name)
const run = <A, E>(effect: Effect.Effect<A, E, NodeServices.NodeServices>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, NodeServices.layer))
const open = (name: string, options?: NpyOptions) => run(openNpy(file(name), options))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pushforward-npy-"))
  const values = Float32Array.from({ length: 3 * 1003 }, (_, i) => i / 2)
  await writeFile(file("f4.npy"), npy("<f4", "(1003, 3)", values))
  await writeFile(file("i2.npy"), npy("<i2", "(4,)", Int16Array.of(3, -1, 4, 1)))
  await writeFile(file("short.npy"), npy("<f4", "(1003, 3)", values.subarray(0, 300)))
  await writeFile(file("cube.npy"), npy("<f4", "(2, 2, 2)", new Float32Array(8)))
  await writeFile(file("i8.npy"), npy("<i8", "(2, 1)", new BigInt64Array(2)))
  await writeFile(file("not.npy"), "x,y\n1,2\n")
})

describe("openNpy", () => {
  it("reads chunk after chunk, in any order", async () => {
    const source = await open("f4.npy", { chunkRows: 100 })
    expect(source).toMatchObject({ columns: ["column1", "column2", "column3"], rows: 1003 })
    expect(source.chunkSizes).toEqual([...Array.from({ length: 10 }, () => 100), 3])
    for (const chunk of [10, 0, 7, 0]) {
      const table = await run(source.read(chunk))
      expect(table.rows).toBe(source.chunkSizes[chunk])
      expect(Array.from(table.values)).toEqual(
        Array.from({ length: 3 * table.rows }, (_, i) => (300 * chunk + i) / 2),
      )
    }
  })

  it("takes names, and the columns that are asked for", async () => {
    const source = await open("f4.npy", { names: ["a", "b", "c"], columns: ["c", "a"] })
    const table = await run(source.read(0))
    expect(table.columns).toEqual(["c", "a"])
    expect(Array.from(table.values.subarray(0, 4))).toEqual([1, 0, 2.5, 1.5])
  })

  it("reads a vector as one column", async () => {
    const source = await open("i2.npy")
    expect(Array.from((await run(source.read(0))).values)).toEqual([3, -1, 4, 1])
  })

  it.each([
    ["none.npy", {}, "MissingFile", /there is no such file/],
    ["not.npy", {}, "Unreadable", /this is no .npy file/],
    ["short.npy", {}, "Unreadable", /the file lacks 10836 bytes/],
    ["cube.npy", {}, "Unreadable", /the shape \[2, 2, 2\].*Save a matrix/],
    ["i8.npy", {}, "Unreadable", /64 bits/],
    ["f4.npy", { names: ["a"] }, "Ragged", /1 name for 3 columns/],
    ["f4.npy", { columns: ["column4"] }, "MissingColumn", /no column "column4"/],
  ])("refuses %s with %j", async (name, options, reason, message) => {
    await expect(open(name, options)).rejects.toMatchObject({
      _tag: "DataError",
      reason,
      message: expect.stringMatching(message),
    })
  })
})
