/**
 * From a spec to the first finished training step, in a process that has done nothing before but to load modules.
 */
import { onnx } from "@pushforward/backend-onnx"
import { Effect, Stream } from "effect"
import { fit } from "../fit.ts"
import { served } from "../serve.ts"

/** Seconds from the start of the process until modules are loaded, and from there to the end of one step. */
export interface FirstStep {
  readonly loadSeconds: number
  readonly seconds: number
}

const loaded = performance.now()
let finished = 0
await Effect.runPromise(
  Stream.runForEach(fit({ ...served(), steps: 1 }, 1), (event) =>
    Effect.sync(() => {
      if (event._tag === "Progress") finished = performance.now()
    }),
  ).pipe(Effect.provide(onnx)),
)
const result: FirstStep = { loadSeconds: loaded / 1000, seconds: (finished - loaded) / 1000 }
console.log(JSON.stringify(result))
