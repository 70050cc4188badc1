import { Backend, BackendError } from "@pushforward/core"
import { Effect } from "effect"
import { describe, expect, it, vi } from "vitest"
import { onnx, onnxWebGpu, onnxWebGpuWith } from "../src/index.ts"

vi.mock("onnxruntime-node", () => {
  throw new Error("libonnxruntime.so.1: cannot open shared object file")
})

describe("without the native library", () => {
  it("says what is missing and what to use instead", async () => {
    const error = await Effect.runPromise(Effect.flip(Effect.provide(Backend, onnx)))
    expect(error).toBeInstanceOf(BackendError)
    expect(error.message).toMatch(
      /the native library of onnxruntime-node does not load on .* use onnxWeb/,
    )
  })
})

describe("without WebGPU, as in Node", () => {
  it("says what is missing and what to use instead", async () => {
    const error = await Effect.runPromise(Effect.flip(Effect.provide(Backend, onnxWebGpu)))
    expect(error).toBeInstanceOf(BackendError)
    expect(error.message).toMatch(/navigator\.gpu is not defined.*onnxWeb needs no WebGPU/s)
  })

  it("falls back to WebAssembly when asked to", async () => {
    const name = Effect.map(Backend, (backend) => backend.name)
    const layer = onnxWebGpuWith({ fallback: "wasm" })
    expect(await Effect.runPromise(Effect.provide(name, layer))).toBe("onnx-web")
  })
})
