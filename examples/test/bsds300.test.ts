/**
 * What the example of image patches reads and keeps.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import { learningCurve } from "../bsds300/learningCurve.ts"
import { rowsOf } from "../bsds300/rowsOf.ts"

const folder = mkdtempSync(join(tmpdir(), "pushforward-bsds300-"))
afterAll(() => rmSync(folder, { recursive: true }))

describe("a matrix of patches", () => {
  it("of more rows than one chunk has is read whole", async () => {
    const [rows, columns] = [16_390, 3]
    const path = join(folder, "train.npy")
    const values = Float32Array.from({ length: rows * columns }, (_, i) => i / 7)
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`
    const head = Buffer.from(`\u0093NUMPY\u0001\u0000\u0076\u0000${header.padEnd(117)}\n`, "latin1")
    writeFileSync(path, Buffer.concat([head, new Uint8Array(values.buffer)]))
    const read = await Effect.runPromise(rowsOf(path).pipe(Effect.provide(NodeServices.layer)))
    expect(read.shape).toEqual([rows, columns])
    expect(read.values).toEqual(values)
  })
})

describe("a learning curve", () => {
  it("goes on from the step of a checkpoint, and forgets what came after it", () => {
    const path = join(folder, "validation.csv")
    const first = learningCurve("validation", path, 0)
    for (const step of [100, 200, 300]) first.add(step, step / 1000 - 1)
    const second = learningCurve("validation", path, 200)
    second.add(250, 3)
    const { name, x, y } = learningCurve("validation", path, 1000)
    expect({ name, x, y }).toEqual({
      name: "validation",
      x: [100, 200, 250],
      y: [-0.9, -0.8, 3],
    })
  })
})
