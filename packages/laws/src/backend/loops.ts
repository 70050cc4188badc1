import type { BackendShape, HostTensor, LoopProgram } from "@pushforward/core"
import { Effect } from "effect"
import { worstOf } from "../internal/compare.ts"
import type { BackendCase, BackendLaw } from "./BackendSubject.ts"
import { compareHosts } from "./compareHosts.ts"
import { descent } from "./programs.ts"

/** The descent program with values drawn for it. */
export const program = ({ draw }: Pick<BackendCase, "draw">): LoopProgram => ({
  carry: [draw("weights", [3]), { shape: [3], dtype: "float32", values: new Float32Array(3) }],
  resident: [{ shape: [3], dtype: "float32", values: Float32Array.of(0.5, 1, 2) }],
  inputs: [{ shape: [3], dtype: "float32" }],
})

const rows = ({ shape, values }: HostTensor, from: number, to: number): HostTensor => {
  const size = values.length / shape[0]!
  return {
    shape: [to - from, ...shape.slice(1)],
    dtype: "float32",
    values: Float32Array.from(values.subarray(from * size, to * size)),
  }
}

/** A loop carries its state from step to step and from call to call, and stacks what the steps report. */
export const loops: BackendLaw = {
  name: "loop-carries",
  grade: "required",
  statement: "a loop carries its state across steps and calls, and stacks each step's outputs",
  check: (sample) => {
    const targets = sample.draw("targets", [7, 3])
    const run = (backend: BackendShape, calls: ReadonlyArray<readonly [number, number]>) =>
      Effect.scoped(
        Effect.gen(function* () {
          const loop = yield* backend.loop(descent, program(sample))
          const outputs: Array<ReadonlyArray<HostTensor>> = []
          for (const [from, to] of calls) outputs.push(yield* loop.run([rows(targets, from, to)]))
          return { outputs, carry: yield* loop.carry }
        }),
      )
    return Effect.gen(function* () {
      const expected = yield* run(sample.reference, [[0, 7]])
      const once = yield* run(sample.backend, [[0, 7]])
      const twice = yield* run(sample.backend, [
        [0, 3],
        [3, 7],
      ])
      return worstOf([
        compareHosts("outputs of one call", once.outputs[0]!, expected.outputs[0]!),
        compareHosts("carry after one call", once.carry, expected.carry),
        compareHosts(
          "outputs of the second call",
          twice.outputs[1]!,
          expected.outputs[0]!.map((t) => rows(t, 3, 7)),
        ),
        compareHosts("carry after two calls", twice.carry, expected.carry),
      ])
    })
  },
}
