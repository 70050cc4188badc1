import type { Loop, LoopProgram } from "@pushforward/core"
import type { LoopNames } from "@pushforward/graph"
import { Effect } from "effect"
import type { Call, Engine } from "./engine.ts"
import { copyOf, joined, letGo, rowsOf, toHost, toTensor } from "./hostTensors.ts"

/** How long one call may keep the event loop to itself, in milliseconds. */
const slice = 40

/** A loop that is all in ONNX Runtime's graph; its carry is passed from call to call as the runtime's own tensors. */
export const graphLoop = (
  engine: Engine,
  call: Call,
  names: LoopNames,
  program: LoopProgram,
): Loop => {
  const resident = Object.fromEntries(
    program.resident.map((value, i) => [names.resident[i]!, toTensor(engine, value)]),
  )
  let carry = program.carry.map((value) => toTensor(engine, copyOf(value)))
  /** Milliseconds a step, once known. */
  let pace: number | undefined

  /** Does some steps and keeps their carry; gives what they report. */
  const stride = (inputs: ReadonlyArray<Parameters<typeof rowsOf>[0]>, from: number, to: number) =>
    Effect.suspend(() => {
      const started = performance.now()
      return Effect.map(
        call({
          ...resident,
          [names.steps]: new engine.Tensor("int64", BigInt64Array.of(BigInt(to - from)), []),
          ...Object.fromEntries(carry.map((value, i) => [names.carry[i]!, value])),
          ...Object.fromEntries(
            inputs.map((input, i) => [names.inputs[i]!, toTensor(engine, rowsOf(input, from, to))]),
          ),
        }),
        (results) => {
          carry.forEach(letGo)
          carry = names.nextCarry.map((name) => results[name]!)
          const now = (performance.now() - started) / (to - from)
          // The first call prepares memory, and single ones are held up: the pace follows slowly when it drops.
          pace = pace === undefined ? now : Math.min(now, (pace + now) / 2)
          return names.outputs.map((name) => toHost(results[name]!))
        },
      )
    }).pipe(Effect.uninterruptible)

  return {
    run: (inputs) =>
      Effect.gen(function* () {
        const count = inputs[0]?.shape[0] ?? 0
        const parts: Array<ReadonlyArray<ReturnType<typeof toHost>>> = []
        let done = 0
        do {
          const most = pace === undefined ? 1 : Math.max(1, Math.floor(slice / pace))
          const to = Math.min(count, done + most)
          const outputs = yield* stride(inputs, done, to)
          parts.push(outputs)
          // Fewer than asked for: the first output was not finite, and the loop stopped there.
          const made = outputs[0]?.shape[0] ?? to - done
          if (made < to - done) break
          done = to
          // WebAssembly answers without ever letting the event loop turn.
          yield* Effect.yieldNow
        } while (done < count)
        return (parts[0] ?? []).map((_, i) => joined(parts.map((part) => part[i]!)))
      }),
    carry: Effect.sync(() => carry.map((value) => copyOf(toHost(value)))),
  }
}
