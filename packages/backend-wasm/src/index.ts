/**
 * `@pushforward/backend-wasm`: TensorFlow.js' WebAssembly kernels, with SIMD where the machine has it.
 */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm"
import { Backend, BackendError, makeEagerBackend } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Layer } from "effect"

/**
 * The wasm backend, as a Layer, with its `.wasm` files at these places, by file name: for browsers, where a bundler's
 * `?url` imports give them.
 *
 * @category layers
 */
export const wasmAt = (
  paths?: Parameters<typeof setWasmPaths>[0],
): Layer.Layer<Backend, BackendError> =>
  Layer.effect(Backend)(
    Effect.tryPromise({
      try: async () => {
        if (paths) setWasmPaths(paths)
        tf.enableProdMode()
        if (!(await tf.setBackend("wasm"))) throw new Error("initialisation failed")
        return makeEagerBackend("wasm", "wasm")
      },
      catch: (cause) =>
        new BackendError({
          backend: "wasm",
          problem: "the TensorFlow.js wasm engine did not start",
          hint: "In a browser, pass the places of its .wasm files to wasmAt; the cpu backend needs none.",
          cause,
        }),
    }),
  )

/**
 * The wasm backend, as a Layer. In Node it finds its own files.
 *
 * @category layers
 */
export const wasm: Layer.Layer<Backend, BackendError> = wasmAt()
