import { mkdtemp, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { onnx } from "@pushforward/backend-onnx"
import { constraints, flattenParams } from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import { iaf } from "@pushforward/flows-maf-iaf"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Stream } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import {
  checkpointFolder,
  type CheckpointStore,
  constant,
  type Posterior,
  variationalEvents,
  type VariationalEvent,
  type VariationalOptions,
} from "../src/index.ts"
import { expectSameBitsThoughKilled } from "./killable.ts"

/** Gamma(6, 1), whose bound was forgotten, beside a normal number: now and then a step has no finite bound. */
const torn = (shape = 5): Posterior => ({
  parameters: { x: constraints.real, y: constraints.real },
  logDensity: ({ x, y }) =>
    tf.sub(tf.sub(tf.mul(shape, tf.log(x!)), x!), tf.mul(0.5, tf.square(tf.sub(y!, 1)))),
})
const guide = transformed(standardNormal([2]), iaf({ size: 2, layers: 1, hidden: [8] }))
const options: VariationalOptions = {
  steps: 350,
  estimates: 8,
  seed: 3,
  schedule: constant(1e-3),
  checkDraws: 500,
}

const storeIn = async (): Promise<{ folder: string; checkpoints: CheckpointStore }> => {
  const folder = await mkdtemp(join(tmpdir(), "pushforward-variational-"))
  const store = checkpointFolder(folder, { everySeconds: 0 })
  return {
    folder,
    checkpoints: await Effect.runPromise(Effect.provide(store, NodeServices.layer)),
  }
}

const run = (
  further: VariationalOptions = {},
  until: (event: VariationalEvent) => boolean = () => false,
  posterior = torn(),
): Promise<ReadonlyArray<VariationalEvent>> => {
  const events = variationalEvents(posterior, guide, { ...options, ...further })
  return Effect.runPromise(Effect.provide(Stream.runCollect(Stream.takeUntil(events, until)), onnx))
}
const atStep = (least: number) => (event: VariationalEvent) =>
  event._tag === "Progress" && event.step >= least
const startOf = (events: ReadonlyArray<VariationalEvent>) =>
  events.find((event) => event._tag === "Located")!.step
const bitsOf = (events: ReadonlyArray<VariationalEvent>) => {
  const done = events.at(-1)!
  if (done._tag !== "Done") throw new Error("not done")
  const { params, seconds: _, ...numbers } = done
  return { ...numbers, trainable: flattenParams(params, "trainable") }
}

let whole: ReadonlyArray<VariationalEvent>
beforeAll(async () => {
  whole = await run()
})

describe("a variational fit that is stopped goes on from its checkpoint", () => {
  it.each([1, 130, 349])("after step %i, with the same bits", async (step) => {
    const { checkpoints } = await storeIn()
    await run({ checkpoints }, atStep(step))
    const rest = await run({ checkpoints })
    expect(startOf(rest)).toBeGreaterThan(step - 101)
    expect(bitsOf(rest)).toEqual(bitsOf(whole))
    // What was left out before the stop is counted.
    expect(bitsOf(rest).skipped).toBeGreaterThan(0)
  })

  it("and one that is over stays as it is", async () => {
    const { checkpoints } = await storeIn()
    await run({ checkpoints })
    const again = await run({ checkpoints })
    expect(again.map(({ _tag }) => _tag)).toEqual(["Started", "Located", "Done"])
    expect(startOf(again)).toBe(350)
    expect(bitsOf(again)).toEqual(bitsOf(whole))
  })

  it("saves when it is stopped, however seldom it does otherwise", async () => {
    const { checkpoints } = await storeIn()
    await run({ checkpoints: { ...checkpoints, everySeconds: 3600 } }, atStep(230))
    expect(startOf(await run({ checkpoints }))).toBeGreaterThan(129)
  })

  it("tells of a damaged checkpoint, and goes on from the one before it", async () => {
    const { folder, checkpoints } = await storeIn()
    await run({ checkpoints }, atStep(330))
    const newest = join(folder, "checkpoint.safetensors")
    await writeFile(newest, (await readFile(newest)).subarray(0, 300))
    const rest = await run({ checkpoints })
    expect(rest[1]).toMatchObject({ _tag: "Notice", about: "DamagedCheckpoint" })
    expect(startOf(rest)).toBeGreaterThan(0)
    expect(bitsOf(rest)).toEqual(bitsOf(whole))
  })

  it("refuses a checkpoint of another fit, and says what differs", async () => {
    const { checkpoints } = await storeIn()
    await run({ checkpoints }, atStep(100))
    await expect(run({ checkpoints, steps: 400 })).rejects.toThrow(
      "of another fit: steps is 400 here, but was 350 there",
    )
    await expect(run({ checkpoints, estimates: 9 })).rejects.toThrow("estimates is 9 here")
    await expect(run({ checkpoints }, undefined, torn(4))).rejects.toThrow("posterior is")
  })
})

describe("a process of a variational fit that is killed", () => {
  it("at any moment leaves a checkpoint from which the same bits come", async () => {
    await expectSameBitsThoughKilled("killedVariational.ts", [700, 1900])
  })
})
