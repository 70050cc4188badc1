import type { Backend, BackendError } from "@pushforward/core"
import { Effect, Layer } from "effect"

/** The backends that come with this package, the fastest first. */
export const backendNames = ["onnx", "wasm", "cpu"] as const

/** A backend by name, or one's Layer. */
export type BackendChoice = (typeof backendNames)[number] | Layer.Layer<Backend, BackendError>

/**
 * The backend that runs when none is chosen: compiled in Node; in a browser TensorFlow.js' wasm engine, since ONNX
 * Runtime's files have to be served there first.
 */
export const defaultBackend: (typeof backendNames)[number] =
  typeof process === "object" && process.versions?.node !== undefined ? "onnx" : "wasm"

const load: Readonly<
  Record<(typeof backendNames)[number], () => Promise<Layer.Layer<Backend, BackendError>>>
> = {
  onnx: async () => (await import("@pushforward/backend-onnx")).onnx,
  wasm: async () => (await import("@pushforward/backend-wasm")).wasm,
  cpu: async () => (await import("@pushforward/backend-cpu")).cpu,
}

/** The Layer of a backend; one given by name is loaded when it is first used. */
export const backendLayer = (choice: BackendChoice): Layer.Layer<Backend, BackendError> =>
  typeof choice === "string" ? Layer.unwrap(Effect.promise(load[choice])) : choice
