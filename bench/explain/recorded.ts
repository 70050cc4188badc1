import {
  Backend,
  type Loop,
  type LoopProgram,
  type StepFunction,
  type TensorFunction,
  type TensorSpec,
} from "@pushforward/core"
import { Effect, Layer, Stream } from "effect"
import type { Configuration } from "../configurations.ts"
import { fit } from "../fit.ts"

/** A function that a fit asks its backend to compile. */
export interface Recorded {
  readonly name: string
  readonly f: TensorFunction
  readonly inputs: ReadonlyArray<TensorSpec>
}

const ofStep = (step: StepFunction, { carry, resident, inputs }: LoopProgram): Recorded => ({
  name: "training step",
  f: (tensors) => {
    const [a, b] = [carry.length, carry.length + resident.length]
    const result = step(tensors.slice(0, a), tensors.slice(a, b), tensors.slice(b))
    return [...result.carry, ...result.outputs]
  },
  inputs: [...carry, ...resident, ...inputs],
})

/** What a fit of a configuration asks its backend to compile, found by a backend that runs nothing. */
export const recordedOf = async (
  configuration: Configuration,
): Promise<ReadonlyArray<Recorded>> => {
  const recorded: Array<Recorded> = []
  const stopped: Loop = { run: () => Effect.interrupt, carry: Effect.interrupt }
  const recorder = Layer.succeed(Backend)({
    name: "recorder",
    compile: (f, inputs) =>
      Effect.sync(() => {
        recorded.push({ name: "log density", f, inputs })
        return { run: () => Effect.interrupt }
      }),
    loop: (step, program) =>
      Effect.sync(() => {
        recorded.push(ofStep(step, program))
        return stopped
      }),
  })
  await Effect.runPromiseExit(Stream.runDrain(fit(configuration, 1)).pipe(Effect.provide(recorder)))
  return recorded
}
