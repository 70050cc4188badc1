/**
 * From a spec to the first finished training step, in a process that has done nothing before but to load modules.
 */
import { onnx } from "@pushforward/backend-onnx"
import { Effect, Stream } from "effect"
import { fit } from "../fit.ts"
import { between, now, type Seconds } from "../Seconds.ts"
import { served } from "../serve.ts"

/** From the start of the process until modules are loaded, and from there to the end of one step. */
export interface FirstStep {
  readonly load: Seconds
  readonly step: Seconds
}

const loaded = now()
let finished = loaded
await Effect.runPromise(
  Stream.runForEach(fit({ ...served(), steps: 1 }, 1), (event) =>
    Effect.sync(() => {
      if (event._tag === "Progress") finished = now()
    }),
  ).pipe(Effect.provide(onnx)),
)
const result: FirstStep = { load: loaded, step: between(loaded, finished) }
console.log(JSON.stringify(result))
