import type { HostTensor } from "@pushforward/core"
import { Effect, Fiber } from "effect"
import { failure, success } from "../internal/compare.ts"
import type { BackendLaw } from "./BackendSubject.ts"
import { program } from "./loops.ts"
import { descent } from "./programs.ts"

/** More steps than fit before the interruption. */
const steps = 200_000

/** A long run can be stopped between steps, and its state be read and used afterwards. */
export const interrupts: BackendLaw = {
  name: "interruption",
  grade: "required",
  statement: "a run is interrupted between steps; the carry stays readable, and the loop goes on",
  check: (sample) =>
    Effect.scoped(
      Effect.gen(function* () {
        const loop = yield* sample.backend.loop(descent, program(sample))
        const targets = (count: number): HostTensor => ({
          shape: [count, 3],
          dtype: "float32",
          values: new Float32Array(3 * count).fill(1),
        })
        const fiber = yield* Effect.forkChild(loop.run([targets(steps)]))
        const forked = performance.now()
        yield* Effect.sleep(60)
        const slept = performance.now() - forked
        const before = performance.now()
        yield* Fiber.interrupt(fiber)
        const waited = performance.now() - before
        const carry = yield* loop.carry
        const again = yield* loop.run([targets(2)])
        if (slept > 1500) return failure(`the event loop was blocked for ${Math.round(slept)} ms`)
        if (waited > 2000) return failure(`the interruption took ${Math.round(waited)} ms`)
        if (!carry.every(({ values }) => values.every(Number.isFinite)))
          return failure("the carry is not finite")
        return again[0]?.shape[0] === 2 ? success : failure("the loop does not go on")
      }),
    ),
}
