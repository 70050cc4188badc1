import { Effect, Fiber } from "effect"
import { failure, success } from "../internal/compare.ts"
import type { BackendLaw, BackendSubject } from "./BackendSubject.ts"
import { program } from "./loops.ts"
import { descent, misfit, network } from "./programs.ts"

/** After the scope, after a failure and after an interruption the engine holds what it held before. */
export const nothingLeft = ({ tensorCount = () => 0 }: BackendSubject): BackendLaw => ({
  name: "nothing-left",
  grade: "required",
  statement: "no tensor outlives its scope, after success, failure and interruption",
  check: (sample) =>
    Effect.gen(function* () {
      const { backend, draw } = sample
      const before = tensorCount()
      const float = { shape: [2, 3], dtype: "float32" } as const
      const x = draw("x", [2, 3])
      yield* Effect.scoped(
        Effect.gen(function* () {
          const f = yield* backend.compile(network, [float, { shape: [3, 4], dtype: "float32" }])
          yield* f.run([x, draw("w", [3, 4])])
          const loop = yield* backend.loop(descent, program(sample))
          yield* loop.run([x])
          yield* loop.carry
          const long = draw("long", [100_000, 3])
          const fiber = yield* Effect.forkChild(loop.run([long]))
          yield* Effect.sleep(30)
          yield* Fiber.interrupt(fiber)
        }),
      )
      const afterUse = tensorCount() - before
      yield* Effect.ignore(
        Effect.scoped(Effect.flatMap(backend.compile(misfit, [float]), (f) => f.run([x]))),
      )
      // The second of three steps fails, when the first has reported already.
      let calls = 0
      yield* Effect.ignore(
        Effect.scoped(
          Effect.flatMap(
            backend.loop((carry, resident, inputs) => {
              calls += 1
              if (calls === 2) throw new Error("on purpose")
              return descent(carry, resident, inputs)
            }, program(sample)),
            (loop) => loop.run([draw("x", [3, 3])]),
          ),
        ),
      )
      const left = tensorCount() - before
      if (afterUse !== 0) return failure(`${afterUse} tensors left after use and interruption`)
      return left === 0 ? success : failure(`${left} tensors left after failures`)
    }),
})
