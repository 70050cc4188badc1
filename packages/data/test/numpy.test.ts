import { readFileSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { DataError, parseNpy, readNpz } from "@pushforward/data"
import { Effect, type FileSystem, Result } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const golden = (name: string): string => new URL(`golden/${name}`, import.meta.url).pathname

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pushforward-npz-"))
})
afterAll(() => rm(folder, { recursive: true }))

const run = <A, E>(effect: Effect.Effect<A, E, FileSystem.FileSystem>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, NodeServices.layer))

const refuses = async (bytes: Uint8Array): Promise<DataError> => {
  await writeFile(join(folder, "bad.npz"), bytes)
  return run(Effect.flip(readNpz(join(folder, "bad.npz"))))
}

describe("readNpz", () => {
  it.each(["stored.npz", "deflated.npz"])("reads every array of %s", async (name) => {
    const arrays = await run(readNpz(golden(name)))
    expect([...arrays.keys()]).toEqual([
      "floats",
      "doubles",
      "bytes",
      "flags",
      "shorts",
      "longs",
      "number",
      "nothing",
    ])
    expect(arrays.get("floats")).toEqual({
      shape: [2, 3],
      values: Float32Array.of(1.5, -2.25, Infinity, 0, 1e-40, NaN),
    })
    expect(arrays.get("doubles")).toEqual({
      shape: [2],
      values: Float64Array.of(Math.PI, -1e300),
    })
    expect(arrays.get("bytes")).toEqual({
      shape: [1, 2, 3],
      values: Uint8Array.of(250, 251, 252, 253, 254, 255),
    })
    expect(arrays.get("flags")).toEqual({ shape: [2], values: Uint8Array.of(1, 0) })
    expect(arrays.get("shorts")).toEqual({ shape: [2], values: Int16Array.of(-3, 7) })
    expect(arrays.get("longs")).toEqual({
      shape: [2],
      values: BigInt64Array.of(2n ** 62n, -1n),
    })
    expect(arrays.get("number")).toEqual({ shape: [], values: Int32Array.of(42) })
    expect(arrays.get("nothing")).toEqual({ shape: [0, 3], values: new Float32Array(0) })
  })

  it("refuses what is no archive, a damaged one, and a missing file, and names it", async () => {
    const whole = readFileSync(golden("deflated.npz"))
    expect((await refuses(new Uint8Array(100))).message).toMatch(/bad\.npz: it is no ZIP archive/)
    expect((await refuses(whole.subarray(0, 500))).message).toMatch(/cut off/)
    const damaged = Uint8Array.from(whole)
    damaged.fill(0xff, 60, 90)
    expect((await refuses(damaged)).reason).toBe("Unreadable")
    expect((await run(Effect.flip(readNpz(join(folder, "none.npz"))))).message).toMatch(
      /none\.npz: there is no such file; expected a \.npz file/,
    )
  })
})

describe("parseNpy", () => {
  const npy = (header: string, data: ReadonlyArray<number> = []): Uint8Array =>
    Uint8Array.from([
      ...Array.from("\u0093NUMPY\u0001\u0000", (c) => c.charCodeAt(0)),
      header.length,
      0,
      ...Array.from(header, (c) => c.charCodeAt(0)),
      ...data,
    ])
  const problem = (bytes: Uint8Array): string => {
    const parsed = parseNpy(bytes)
    return Result.isFailure(parsed) ? parsed.failure.message : "none"
  }

  it("refuses other types, other layouts, and files that are cut off", () => {
    expect(problem(Uint8Array.of(1, 2, 3))).toMatch(/this is no \.npy file/)
    expect(problem(npy("{'descr': '<U5', 'fortran_order': False, 'shape': (1,), }"))).toMatch(
      /the header is/,
    )
    expect(problem(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }"))).toMatch(
      /big-endian/,
    )
    expect(problem(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }"))).toMatch(
      /Fortran order/,
    )
    expect(
      problem(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", [0, 0, 0])),
    ).toMatch(/the file lacks 13 bytes/)
  })
})
