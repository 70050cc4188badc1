/**
 * `@pushforward/backend-onnx` in browsers: ONNX Runtime as WebAssembly under the same names.
 */
import { Backend, type BackendError } from "@pushforward/core"
import { Effect, Layer } from "effect"
import type { SessionChoices } from "./engine.ts"
import { loadWeb } from "./loadWeb.ts"
import { makeOnnxBackend } from "./makeOnnxBackend.ts"

export type { SessionChoices } from "./engine.ts"

/** Threads unless told otherwise: more do not help the small products of flows. */
const defaultThreads = Math.min(4, globalThis.navigator?.hardwareConcurrency ?? 1)

const layerOf = (choices: SessionChoices): Layer.Layer<Backend, BackendError> =>
  Layer.effect(Backend)(
    Effect.map(
      loadWeb(() => import("onnxruntime-web/wasm"), choices.threads ?? defaultThreads),
      (engine) => makeOnnxBackend({ name: "onnx-web", engine, cores: defaultThreads, choices }),
    ),
  )

/** The compiled backend on WebAssembly, as a Layer. Threads need a page that is isolated from other origins. */
export const onnxWebWith = (choices: SessionChoices): Layer.Layer<Backend, BackendError> =>
  layerOf(choices)

/** The compiled backend on WebAssembly, as a Layer. */
export const onnxWeb: Layer.Layer<Backend, BackendError> = layerOf({})

/** In browsers the same as {@link onnxWebWith}. */
export const onnxWith = (choices: SessionChoices): Layer.Layer<Backend, BackendError> =>
  layerOf(choices)

/** In browsers the same as {@link onnxWeb}. */
export const onnx: Layer.Layer<Backend, BackendError> = layerOf({})
