/**
 * ONNX Runtime on WebGPU, in browsers.
 */
import { Backend, BackendError, type BackendShape } from "@pushforward/core"
import { Effect, Layer } from "effect"
import type { SessionChoices } from "./engine.ts"
import { loadWeb } from "./loadWeb.ts"
import { makeOnnxBackend } from "./makeOnnxBackend.ts"

const name = "onnx-webgpu"

/** As much of `navigator.gpu` as is looked at. */
interface Gpu {
  readonly requestAdapter: () => Promise<object | null>
}

/** How the WebGPU backend is opened. */
export interface WebGpuChoices extends SessionChoices {
  /** Where there is no WebGPU: `"none"` fails and says what is missing, `"wasm"` runs as `onnxWeb` does. Default `"none"`. */
  readonly fallback?: "none" | "wasm"
}

const missing = (problem: string, hint: string, cause?: unknown): BackendError =>
  new BackendError({
    backend: name,
    problem,
    hint: `${hint} onnxWeb needs no WebGPU, and onnxWebGpuWith({ fallback: "wasm" }) takes it where there is none.`,
    cause,
  })

/** Fails where there is no WebGPU, or none that a graphics card stands behind. */
const requireAdapter: Effect.Effect<void, BackendError> = Effect.gen(function* () {
  const { gpu } = (globalThis.navigator ?? {}) as { readonly gpu?: Gpu }
  if (gpu === undefined) {
    return yield* missing(
      "there is no WebGPU here: navigator.gpu is not defined",
      "Use a browser that has it, on a secure page (https or localhost).",
    )
  }
  const adapter = yield* Effect.tryPromise({
    try: () => gpu.requestAdapter(),
    catch: (cause) =>
      missing(
        `WebGPU refuses an adapter (${String(cause)})`,
        "See the browser's page about graphics.",
        cause,
      ),
  })
  if (adapter === null) {
    return yield* missing(
      "WebGPU has no adapter: the browser finds no graphics card that it would use",
      "Turn on hardware acceleration in the browser's settings.",
    )
  }
})

/** The compiled backend on WebGPU; `wasm` is what it falls back to when asked to. */
export const webGpuLayer = (
  { fallback = "none", ...choices }: WebGpuChoices,
  wasm: Effect.Effect<BackendShape, BackendError>,
): Layer.Layer<Backend, BackendError> => {
  const opened = Effect.gen(function* () {
    yield* requireAdapter
    const engine = yield* loadWeb(name, () => import("onnxruntime-web/webgpu"), 1)
    return makeOnnxBackend({ name, engine, cores: 1, choices, providers: ["webgpu"] })
  })
  return Layer.effect(Backend)(fallback === "wasm" ? Effect.catch(opened, () => wasm) : opened)
}
