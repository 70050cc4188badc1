import { Backend, BackendError } from "@pushforward/core"
import { Effect } from "effect"
import { describe, expect, it, vi } from "vitest"
import { onnx } from "../src/index.ts"

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
