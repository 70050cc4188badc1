/**
 * `@pushforward/backend-onnx`: functions compiled to ONNX and run by ONNX Runtime. This is the entry for Node.
 */
import { availableParallelism } from "node:os"
import { Backend, BackendError, type BackendShape } from "@pushforward/core"
import { Effect, Layer } from "effect"
import type { SessionChoices } from "./engine.ts"
import { loadWeb } from "./loadWeb.ts"
import { makeOnnxBackend } from "./makeOnnxBackend.ts"
import { type WebGpuChoices, webGpuLayer } from "./webGpu.ts"

export type { SessionChoices } from "./engine.ts"
export type { WebGpuChoices } from "./webGpu.ts"

/**
 * The compiled backend on native ONNX Runtime, as a Layer, with these choices.
 *
 * @category layers
 */
export const onnxWith = (choices: SessionChoices): Layer.Layer<Backend, BackendError> =>
  Layer.effect(Backend)(
    Effect.tryPromise({
      try: async () => {
        const engine = await import("onnxruntime-node")
        const cores = availableParallelism()
        return makeOnnxBackend({ name: "onnx", engine, cores, choices, writesInPlace: true })
      },
      catch: (cause) =>
        new BackendError({
          backend: "onnx",
          problem: `the native library of onnxruntime-node does not load on ${process.platform} ${process.arch}`,
          hint: "Reinstall onnxruntime-node (its install script is not needed), or use onnxWeb, which runs as WebAssembly.",
          cause,
        }),
    }),
  )

/**
 * The compiled backend on native ONNX Runtime, as a Layer.
 *
 * **When to use**
 *
 * Use to train, score and sample in Node: the same numbers as the cpu backend, up to float32 rounding, in a fraction of
 * the time.
 *
 * **Details**
 *
 * - Functions are traced once, simplified, and run as one ONNX graph; training steps run inside an ONNX `Loop`
 * - A loop stops after a step whose first output is not finite, and gives the steps until then
 * - Fails: {@link BackendError} when the native library is missing; {@link onnxWeb} needs none
 *
 * **Example** (A function, compiled once for every batch size)
 *
 * ```ts
 * import { onnx } from "@pushforward/backend-onnx"
 * import { Backend } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import { Effect } from "effect"
 *
 * const rowSums = Effect.gen(function* () {
 *   const { compile } = yield* Backend
 *   const sums = yield* compile(([x]) => [tf.sum(x!, 1)], [{ shape: [null, 2], dtype: "float32" }])
 *   const [result] = yield* sums.run([{ shape: [2, 2], dtype: "float32", values: Float32Array.of(1, 2, 3, 4) }])
 *   return Array.from(result!.values)
 * })
 * await Effect.runPromise(Effect.scoped(Effect.provide(rowSums, onnx))) // => [3, 7]
 * ```
 *
 * @category layers
 */
export const onnx: Layer.Layer<Backend, BackendError> = onnxWith({})

const openWeb = (choices: SessionChoices): Effect.Effect<BackendShape, BackendError> =>
  Effect.map(
    loadWeb("onnx-web", () => import("onnxruntime-web"), choices.threads ?? 1),
    (engine) => makeOnnxBackend({ name: "onnx-web", engine, cores: 1, choices }),
  )

/**
 * The compiled backend on WebAssembly, as a Layer, with these choices: for machines without the native library.
 *
 * @category layers
 */
export const onnxWebWith = (choices: SessionChoices): Layer.Layer<Backend, BackendError> =>
  Layer.effect(Backend)(openWeb(choices))

/**
 * The compiled backend on WebAssembly, as a Layer.
 *
 * @category layers
 */
export const onnxWeb: Layer.Layer<Backend, BackendError> = onnxWebWith({})

/**
 * The compiled backend on WebGPU, as a Layer, with these choices.
 *
 * **Example** (WebGPU where it is present, WebAssembly where it is not)
 *
 * ```ts
 * import { onnxWebGpuWith } from "@pushforward/backend-onnx"
 * import { Backend } from "@pushforward/core"
 * import { Effect } from "effect"
 *
 * const name = Effect.map(Backend, (backend) => backend.name)
 * // In Node there is no WebGPU.
 * await Effect.runPromise(Effect.provide(name, onnxWebGpuWith({ fallback: "wasm" }))) // => "onnx-web"
 * ```
 *
 * @category layers
 */
export const onnxWebGpuWith = (choices: WebGpuChoices): Layer.Layer<Backend, BackendError> =>
  webGpuLayer(choices, openWeb(choices))

/**
 * The compiled backend on WebGPU, as a Layer: for browsers that have it.
 *
 * **Details**
 *
 * - `onnxruntime-web/webgpu` (27 MB) is loaded when the backend is opened, not before
 * - Operations that WebGPU does not have run as WebAssembly, within the same graph
 * - Fails: {@link BackendError} where `navigator.gpu` or an adapter is missing; {@link onnxWebGpuWith} can fall back
 *
 * @category layers
 */
export const onnxWebGpu: Layer.Layer<Backend, BackendError> = onnxWebGpuWith({})
