/**
 * ONNX Runtime as WebAssembly.
 */
import { BackendError } from "@pushforward/core"
import { Effect } from "effect"
import type { Engine } from "./engine.ts"

/** Where threads are allowed: on pages that are isolated from other origins, and where there are no pages. */
const mayShareMemory = (): boolean =>
  (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated ?? true

/** The WebAssembly engine with this many threads, or with one where memory cannot be shared. */
export const loadWeb = (
  backend: string,
  load: () => Promise<Engine & { readonly env: { readonly wasm: { numThreads?: number } } }>,
  threads: number,
): Effect.Effect<Engine, BackendError> =>
  Effect.tryPromise({
    try: async () => {
      const engine = await load()
      // One number for the whole process, taken by the first session.
      engine.env.wasm.numThreads = mayShareMemory() ? threads : 1
      return engine
    },
    catch: (cause) =>
      new BackendError({
        backend,
        problem: "onnxruntime-web did not load",
        hint: "Install onnxruntime-web, or use the cpu backend, which needs nothing.",
        cause,
      }),
  })
