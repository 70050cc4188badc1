/**
 * `@pushforward/backend-onnx` in browsers: ONNX Runtime as WebAssembly and on WebGPU, under the same names as in Node.
 */
import { Backend, type BackendError, type BackendShape } from "@pushforward/core"
import { Effect, Layer } from "effect"
import type { SessionChoices } from "./engine.ts"
import { loadWeb } from "./loadWeb.ts"
import { makeOnnxBackend } from "./makeOnnxBackend.ts"
import { type WebGpuChoices, webGpuLayer } from "./webGpu.ts"

export type { SessionChoices } from "./engine.ts"
export type { WebGpuChoices } from "./webGpu.ts"

/** Threads unless told otherwise: more do not help the small products of flows. */
const defaultThreads = Math.min(4, globalThis.navigator?.hardwareConcurrency ?? 1)

const open = (choices: SessionChoices): Effect.Effect<BackendShape, BackendError> =>
  Effect.map(
    loadWeb("onnx-web", () => import("onnxruntime-web/wasm"), choices.threads ?? defaultThreads),
    (engine) => makeOnnxBackend({ name: "onnx-web", engine, cores: defaultThreads, choices }),
  )

/** The compiled backend on WebAssembly, as a Layer. Threads need a page that is isolated from other origins. */
export const onnxWebWith = (choices: SessionChoices): Layer.Layer<Backend, BackendError> =>
  Layer.effect(Backend)(open(choices))

/** The compiled backend on WebAssembly, as a Layer. */
export const onnxWeb: Layer.Layer<Backend, BackendError> = onnxWebWith({})

/** The compiled backend on WebGPU, as a Layer, with these choices. */
export const onnxWebGpuWith = (choices: WebGpuChoices): Layer.Layer<Backend, BackendError> =>
  webGpuLayer(choices, open(choices))

/** The compiled backend on WebGPU, as a Layer. Fails where there is none. */
export const onnxWebGpu: Layer.Layer<Backend, BackendError> = onnxWebGpuWith({})

/** In browsers the same as {@link onnxWebWith}. */
export const onnxWith = (choices: SessionChoices): Layer.Layer<Backend, BackendError> =>
  onnxWebWith(choices)

/** In browsers the same as {@link onnxWeb}. */
export const onnx: Layer.Layer<Backend, BackendError> = onnxWebWith({})
