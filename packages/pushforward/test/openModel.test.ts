import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Backend, type BackendShape, makeKey, normalValues, registryLayer } from "@pushforward/core"
import { onnx } from "@pushforward/backend-onnx"
import { fromColumns, type Table } from "@pushforward/data"
import { Effect, Layer, Result } from "effect"
import { beforeAll, describe, expect, it, vi } from "vitest"
import {
  coverTable,
  fit,
  load,
  type ModelFiles,
  openModel,
  sampleTable,
  scoreTable,
  fromFiles,
  standardPlugins,
} from "../src/index.ts"

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** The onnx backend, and how many functions were compiled with it, and how many of them it still holds. */
const watch = (beforeRun: Effect.Effect<void> = Effect.void) => {
  const count = { compiled: 0, held: 0 }
  const layer = Layer.effect(Backend)(
    Effect.map(Backend, (backend): BackendShape => ({
      ...backend,
      compile: (f, inputs) =>
        Effect.acquireRelease(
          Effect.map(backend.compile(f, inputs), ({ run }) => {
            count.compiled += 1
            count.held += 1
            return { run: (values) => Effect.andThen(beforeRun, run(values)) }
          }),
          () =>
            Effect.sync(() => {
              count.held -= 1
            }),
        ),
    })),
  ).pipe(Layer.provide(onnx))
  return { count, layer }
}

const values = normalValues(makeKey(1), 600)
const rows = Array.from({ length: 300 }, (_, i) => [values[2 * i]!, values[2 * i + 1]!])
const table: Table = Result.getOrThrow(
  fromColumns({ a: rows.map(([a]) => a!), b: rows.map(([, b]) => b!) }),
)
const quick = { epochs: 1, seed: 1, flow: "maf", columns: ["a", "b"] } as const

let files: ModelFiles
let conditional: ModelFiles
beforeAll(async () => {
  files = (await fit(rows, quick)).toFiles()
  const [own, context] = [rows.map(([a]) => [a!]), rows.map(([, b]) => [b!])]
  conditional = (await fit(own, { ...quick, columns: ["a"], context })).toFiles()
})

const watched = async (of: ModelFiles, beforeRun?: Effect.Effect<void>) => {
  const { count, layer } = watch(beforeRun)
  return { model: await load(of, { backend: layer }), count }
}

describe("a model's calls", () => {
  it("compile what draws once, and draw the same rows from the same seed as a model just loaded", async () => {
    const { model, count } = await watched(files)
    expect(count.compiled).toBe(0)
    const first = await model.sample(20, { seed: 3 })
    expect(count.compiled).toBe(1)
    expect(await model.sample(50, { seed: 4 })).toEqual(
      await (await load(files)).sample(50, { seed: 4 }),
    )
    expect(await model.sample(20, { seed: 3 })).toEqual(first)
    expect(count).toEqual({ compiled: 1, held: 1 })
  })

  it("compile what scores once", async () => {
    const { model, count } = await watched(files)
    const scores = await model.logProb(rows)
    expect(await model.logProb(rows.slice(0, 10))).toEqual(scores.slice(0, 10))
    await model.coverage(rows, { draws: 2 })
    expect(count.compiled).toBe(2)
  })

  it("compile once when they come together", async () => {
    const { model, count } = await watched(files)
    const [one, same, other] = await Promise.all([1, 1, 2].map((seed) => model.sample(9, { seed })))
    expect(count.compiled).toBe(1)
    expect(same).toEqual(one)
    expect(other).not.toEqual(one)
  })

  it("compile once for every context", async () => {
    const { model, count } = await watched(conditional)
    const both = await model.sample(3, { seed: 1, context: [[-1], [1]] })
    expect(await model.sample(3, { seed: 1, context: [[-1], [-1]] })).not.toEqual(both)
    expect(await model.sample(3, { seed: 1, context: [[-1], [1]] })).toEqual(both)
    expect(count.compiled).toBe(1)
  })

  it("that are wrong compile nothing", async () => {
    const { model, count } = await watched(conditional)
    await expect(model.sample(3)).rejects.toThrow("no context is given")
    await expect(model.logProb([[NaN]], { context: [[0]] })).rejects.toThrow("NaN")
    expect(count.compiled).toBe(0)
  })

  it("leave nothing held when the model is no longer used, and not before a call is over", async () => {
    let counts = { compiled: 0, held: 0 }
    const collect = Effect.andThen(Effect.sync(collectGarbage), Effect.sleep(20))
    const use = async () => {
      const { model, count } = await watched(files, collect)
      counts = count
      await model.logProb(rows)
      return model.sample(9)
    }
    expect(await use()).toHaveLength(9)
    expect(counts.compiled).toBe(2)
    await vi.waitFor(
      () => {
        collectGarbage()
        expect(counts.held).toBe(0)
      },
      { timeout: 10_000 },
    )
  })
})

describe("openModel", () => {
  const { count, layer } = watch()
  const run = <A, E>(effect: Effect.Effect<A, E, Backend>) =>
    Effect.runPromise(Effect.provide(effect, layer))

  it("scores, draws and covers as the functions of one call do, and lets go with its scope", async () => {
    const model = await Effect.runPromise(
      Effect.provide(fromFiles(files), registryLayer(standardPlugins)),
    )
    const opened = await run(
      Effect.scoped(
        Effect.gen(function* () {
          const open = yield* openModel(model)
          const kept = [
            yield* open.score(table),
            yield* open.score(table),
            yield* open.sample(9, makeKey(1)),
            yield* open.sample(9, makeKey(1)),
          ] as const
          yield* coverTable(open, table, makeKey(2), { draws: 2 })
          expect(count).toEqual({ compiled: 2, held: 2 })
          return kept
        }),
      ),
    )
    expect(count.held).toBe(0)
    const [scores, draws] = [
      await run(scoreTable(model, table)),
      await run(sampleTable(model, 9, makeKey(1))),
    ]
    expect(opened).toEqual([scores, scores, draws, draws])
    expect(count).toEqual({ compiled: 4, held: 0 })
  })
})
