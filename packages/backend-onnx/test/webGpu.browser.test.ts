import { cpu } from "@pushforward/backend-cpu"
import {
  Backend,
  BackendError,
  flattenParams,
  makeKey,
  normalValues,
  type TensorFunction,
} from "@pushforward/core"
import { standardNormal, transformed, uniform } from "@pushforward/distributions"
import { maf } from "@pushforward/flows-maf-iaf"
import { runBackendLaws } from "@pushforward/laws"
import { type FitData, fitDensity, sampleRows, scoreRows } from "@pushforward/training"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, type Layer } from "effect"
import { afterEach, describe, expect, it, vi } from "vitest"
import { onnxWebGpu, onnxWebGpuWith } from "../src/browser.ts"

interface Gpu {
  readonly requestAdapter: () => Promise<object | null>
}
const gpu = (navigator as { readonly gpu?: Gpu }).gpu
const adapter = await gpu?.requestAdapter()

const nameOf = (layer: Layer.Layer<Backend, BackendError>): Promise<string> =>
  Effect.runPromise(
    Effect.provide(
      Effect.map(Backend, ({ name }) => name),
      layer,
    ),
  )
const refusal = (layer: Layer.Layer<Backend, BackendError>): Promise<BackendError> =>
  Effect.runPromise(Effect.flip(Effect.provide(Backend, layer)))

describe("where something is missing", () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })
  const without = (found: Gpu | undefined): void => {
    vi.stubGlobal("navigator", { ...(found && { gpu: found }), hardwareConcurrency: 2 })
  }

  it("says that there is no WebGPU, and what to use", async () => {
    without(undefined)
    const error = await refusal(onnxWebGpu)
    expect(error).toBeInstanceOf(BackendError)
    expect(error.message).toMatch(/navigator\.gpu is not defined.*secure page.*onnxWeb/s)
  })

  it("says that there is no adapter, also when WebGPU throws", async () => {
    without({ requestAdapter: () => Promise.resolve(null) })
    expect((await refusal(onnxWebGpu)).message).toMatch(/has no adapter.*hardware acceleration/s)
    without({ requestAdapter: () => Promise.reject(new Error("device lost")) })
    expect((await refusal(onnxWebGpu)).message).toContain("device lost")
  })

  it("falls back to WebAssembly when asked to", async () => {
    without(undefined)
    expect(await nameOf(onnxWebGpuWith({ fallback: "wasm" }))).toBe("onnx-web")
  })
})

/** Counts the programs that the graphics card is sent. */
const countDispatches = (): (() => number) => {
  const { prototype } = (globalThis as unknown as { GPUComputePassEncoder: { prototype: Encoder } })
    .GPUComputePassEncoder
  const spy = vi.spyOn(prototype, "dispatchWorkgroups")
  return () => spy.mock.calls.length
}
interface Encoder {
  dispatchWorkgroups: (...counts: ReadonlyArray<number>) => void
}

// Where the browser has no adapter, not even one in software, there is nothing to run on. Software takes its time to
// translate programs.
describe.runIf(adapter)("on an adapter", { timeout: 180_000 }, () => {
  const flow = transformed(standardNormal([2]), maf({ size: 2, layers: 1, hidden: [8] }))
  const params = flow.init(makeKey(0))
  const rows = (seed: number, n: number) => ({
    shape: [n, 2] as const,
    dtype: "float32" as const,
    values: normalValues(makeKey(seed), 2 * n).map((z, i) => (i % 2 === 0 ? 1 + z / 2 : 3 * z - 2)),
  })
  const on = <A, E>(
    effect: Effect.Effect<A, E, Backend>,
    layer: Layer.Layer<Backend, BackendError>,
  ): Promise<A> => Effect.runPromise(Effect.provide(effect, layer))

  it("obeys the laws of backends, and computes there", async () => {
    const dispatches = countDispatches()
    const tensorCount = () => tf.memory().numTensors
    const reports = await Effect.runPromise(
      runBackendLaws({ name: "onnx-webgpu", layer: onnxWebGpu, reference: cpu, tensorCount }),
    )
    expect(reports.filter(({ ok }) => !ok)).toEqual([])
    expect(dispatches()).toBeGreaterThan(0)
  })

  it("scores and samples a flow as the cpu backend does", async () => {
    for (const program of [
      scoreRows(flow, params, rows(1, 300)),
      Effect.map(sampleRows(flow, params, 300, makeKey(9)), ({ values }) => values),
    ]) {
      const [mine, expected] = [await on(program, onnxWebGpu), await on(program, cpu)]
      expect(mine).toHaveLength(expected.length)
      expected.forEach((value, i) =>
        expect(Math.abs(mine[i]! - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))),
      )
    }
  })

  it("trains a flow as the cpu backend does", async () => {
    const data: FitData = { train: rows(1, 400), validation: rows(2, 100) }
    const fit = fitDensity(flow, data, { epochs: 1, batchSize: 100, seed: 3 })
    const [mine, expected] = [await on(fit, onnxWebGpu), await on(fit, cpu)]
    const [a, b] = [mine, expected].map((done) => flattenParams(done.params, "trainable"))
    expect(a!.length).toBe(b!.length)
    b!.forEach((value, i) => expect(Math.abs(a![i]! - value)).toBeLessThan(1e-4))
    expect(b).not.toEqual(flattenParams(params, "trainable"))
  })

  it("keeps what is not finite: −∞ outside the support, NaN for NaN", async () => {
    const score: TensorFunction = ([x]) => [uniform({ low: 0, high: 2 }).logProb(x!)]
    const values = Float32Array.of(-1, 0.5, 3, Number.NaN)
    const scores = await on(
      Effect.scoped(
        Effect.gen(function* () {
          const { compile } = yield* Backend
          const compiled = yield* compile(score, [{ shape: [null], dtype: "float32" }])
          return (yield* compiled.run([{ shape: [4], dtype: "float32", values }]))[0]!.values
        }),
      ),
      onnxWebGpu,
    )
    expect(Array.from(scores)).toEqual([
      -Infinity,
      expect.closeTo(-Math.LN2, 6),
      -Infinity,
      Number.NaN,
    ])
  })
})
