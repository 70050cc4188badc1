/**
 * Trains the configuration of its argument with our compiled backend and says the most memory that the process held, in bytes.
 * `memory.ts` bundles it.
 */
import { onnx } from "@pushforward/backend-onnx"
import { Effect, Stream } from "effect"
import type { Configuration } from "./configurations.ts"
import { fit } from "./fit.ts"
import { peakMemory } from "./peakMemory.ts"

const configuration = JSON.parse(process.argv[2]!) as Configuration
await Effect.runPromise(Effect.provide(Stream.runDrain(fit(configuration, 2)), onnx))
console.log(peakMemory())
