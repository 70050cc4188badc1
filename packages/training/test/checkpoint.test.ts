import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { onnx } from "@pushforward/backend-onnx"
import { batchNorm, trainableAffine } from "@pushforward/bijectors"
import { chain, flattenParams, makeKey, normalValues } from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import { Effect, FileSystem, Layer, PlatformError, Stream } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import {
  adam,
  checkpointFolder,
  type CheckpointStore,
  constant,
  type Done,
  type FitData,
  type FitEvent,
  fitEvents,
  type FitOptions,
  type Rows,
} from "../src/index.ts"
import { expectSameBitsThoughKilled } from "./killable.ts"

const normalRows = (seed: number, n: number): Rows => ({
  shape: [n, 2],
  dtype: "float32",
  values: normalValues(makeKey(seed), 2 * n).map((z, i) => (i % 2 === 0 ? 1 + 0.5 * z : 3 * z)),
})

const data: FitData = { train: normalRows(1, 1250), validation: normalRows(2, 100) }
const density = transformed(standardNormal([2]), chain(trainableAffine([2]), batchNorm([2])))
// 250 steps an epoch: snapshots after 100, 200 and 250.
const options: FitOptions = { batchSize: 5, epochs: 3, seed: 4, schedule: constant(0.01) }

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), "pushforward-checkpoint-"))

const folderOf = (folder: string, fs: Layer.Layer<FileSystem.FileSystem> = NodeServices.layer) =>
  Effect.runPromise(Effect.provide(checkpointFolder(folder, { everySeconds: 0 }), fs))

const run = async (
  checkpoints?: CheckpointStore,
  until: (event: FitEvent) => boolean = () => false,
  further: Partial<FitOptions> = {},
): Promise<ReadonlyArray<FitEvent>> => {
  const events = fitEvents(density, data, {
    ...options,
    ...(checkpoints && { checkpoints }),
    ...further,
  })
  return Effect.runPromise(Effect.provide(Stream.runCollect(Stream.takeUntil(events, until)), onnx))
}

const bitsOf = (events: ReadonlyArray<FitEvent>) => {
  const { params, seconds: _, ...done } = events.at(-1) as Done
  return { ...done, params, flat: flattenParams(params, "trainable") }
}
const atStep = (least: number) => (event: FitEvent) =>
  event._tag === "Progress" && event.step >= least
const startOf = (events: ReadonlyArray<FitEvent>) =>
  events.find((event) => event._tag === "Started")!.step

let whole: ReadonlyArray<FitEvent>
beforeAll(async () => {
  whole = await run()
})

describe("a run that is stopped goes on from its checkpoint", () => {
  it.each([1, 120, 250, 420, 740])("after step %i, with the same bits", async (step) => {
    const checkpoints = await folderOf(await temporary())
    await run(checkpoints, atStep(step))
    const rest = await run(checkpoints)
    // What is kept is at most two hundred steps old.
    expect(startOf(rest)).toBeGreaterThan(step - 200)
    expect(bitsOf(rest)).toEqual(bitsOf(whole))
  })

  it("as often as it is stopped", async () => {
    const checkpoints = await folderOf(await temporary())
    for (const step of [130, 300, 600]) await run(checkpoints, atStep(step))
    expect(bitsOf(await run(checkpoints))).toEqual(bitsOf(whole))
  })

  it("and one that is over stays as it is", async () => {
    const checkpoints = await folderOf(await temporary())
    await run(checkpoints)
    const again = await run(checkpoints)
    expect(again.map(({ _tag }) => _tag)).toEqual(["Started", "Done"])
    expect(bitsOf(again)).toEqual(bitsOf(whole))
  })

  it("saves nothing more often than it is told to, but always at the end", async () => {
    const folder = await temporary()
    const checkpoints = await folderOf(folder)
    await run({ ...checkpoints, everySeconds: 3600 })
    expect(await readdir(folder)).toEqual(["checkpoint.safetensors"])
  })

  it("saves when it is stopped, however seldom it does otherwise", async () => {
    const checkpoints = { ...(await folderOf(await temporary())), everySeconds: 3600 }
    await run(checkpoints, atStep(420))
    const rest = await run(checkpoints)
    expect(startOf(rest)).toBeGreaterThan(219)
    expect(bitsOf(rest)).toEqual(bitsOf(whole))
  })

  it("refuses a checkpoint of another fit, and says what differs", async () => {
    const checkpoints = await folderOf(await temporary())
    await run(checkpoints, atStep(200))
    const refused = (further: Partial<FitOptions>) =>
      run(checkpoints, undefined, further).then(
        () => undefined,
        (error: unknown) => error as Error,
      )
    expect(await refused({ seed: 5 })).toMatchObject({ _tag: "FitError", reason: "Checkpoint" })
    const messages = [
      [{ seed: 5 }, "of another fit: seed is 5 here, but was 4 there"],
      [{ batchSize: 50 }, "batchSize is 50 here"],
      [{ schedule: constant(0.02) }, "schedule is 0.02"],
      [{ optimiser: adam({ beta1: 0.5 }) }, "optimiser is"],
    ] as const
    for (const [further, message] of messages) {
      expect((await refused(further))!.message).toContain(message)
    }
  })
})

describe("a checkpoint that is damaged", () => {
  const stopped = async () => {
    const folder = await temporary()
    const checkpoints = await folderOf(folder)
    await run(checkpoints, atStep(420))
    const files = ["checkpoint.safetensors", "checkpoint.previous.safetensors"].map((name) =>
      join(folder, name),
    ) as [string, string]
    return { checkpoints, files }
  }
  const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    "cut off in its numbers": (bytes) => bytes.subarray(0, bytes.length - 10),
    "cut off in its header": (bytes) => bytes.subarray(0, 40),
    empty: () => Buffer.alloc(0),
    "with one bit changed": (bytes) => {
      bytes[bytes.length - 3]! ^= 1
      return bytes
    },
    "with one digit of its words changed": (bytes) => {
      const at = bytes.indexOf('\\"step\\":') + 9
      bytes[at] = bytes[at] === 0x31 ? 0x32 : 0x31
      return bytes
    },
  }

  it.each(Object.entries(damages))("%s: the one before it serves, and it is told", async (_, f) => {
    const { checkpoints, files } = await stopped()
    await writeFile(files[0], f(await readFile(files[0])))
    const events = await run(checkpoints)
    expect(events[0]).toMatchObject({ _tag: "Notice", about: "DamagedCheckpoint" })
    expect(startOf(events)).toBeGreaterThan(0)
    expect(bitsOf(events)).toEqual(bitsOf(whole))
  })

  it("and the one before it too: nothing is begun anew without being asked", async () => {
    const { checkpoints, files } = await stopped()
    for (const file of files) await writeFile(file, "no")
    await expect(run(checkpoints)).rejects.toThrow(
      "no checkpoint is whole among checkpoint.safetensors, checkpoint.previous.safetensors",
    )
  })
})

describe("a disk that is full", () => {
  it("gives the error with the mend, and leaves the checkpoint before as it was", async () => {
    const folder = await temporary()
    let room = 2
    const full = Layer.effect(FileSystem.FileSystem)(
      Effect.map(FileSystem.FileSystem, (fs) => ({
        ...fs,
        open: (path: string, opening?: Parameters<typeof fs.open>[1]) =>
          Effect.map(fs.open(path, opening), (file) => ({
            ...file,
            sync: file.sync,
            writeAll: (bytes: Uint8Array) =>
              room-- > 0
                ? file.writeAll(bytes)
                : Effect.andThen(
                    file.writeAll(bytes.subarray(0, 100)),
                    Effect.fail(
                      PlatformError.systemError({
                        module: "FileSystem",
                        method: "writeAll",
                        _tag: "WriteZero",
                        description: "ENOSPC: no space left on device",
                      }),
                    ),
                  ),
          })),
      })),
    ).pipe(Layer.provide(NodeServices.layer))
    const checkpoints = await folderOf(folder, full)
    await expect(run(checkpoints)).rejects.toMatchObject({
      _tag: "FitError",
      reason: "Checkpoint",
      message: expect.stringMatching(/could not be written .*ENOSPC.*Free some space/),
    })
    expect((await readdir(folder)).toSorted()).toEqual([
      "checkpoint.previous.safetensors",
      "checkpoint.safetensors",
    ])
    // The second was the last that had room: after steps 100 and 200.
    const rest = await run(await folderOf(folder))
    expect(startOf(rest)).toBe(200)
    expect(bitsOf(rest)).toEqual(bitsOf(whole))
  })
})

describe("a process that is killed", () => {
  it("at any moment leaves a checkpoint from which the same bits come", async () => {
    await expectSameBitsThoughKilled("killedFit.ts", [400, 1900])
  })
})
