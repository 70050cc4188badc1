import { BackendError } from "@pushforward/core"
import { Effect } from "effect"
import { violations } from "../internal/compare.ts"
import type { BackendLaw } from "./BackendSubject.ts"
import { program } from "./loops.ts"
import { descent, misfit, network } from "./programs.ts"

/** What cannot run fails as a `BackendError` that names the backend, when it is compiled or when it runs. */
export const fails: BackendLaw = {
  name: "errors-tagged",
  grade: "required",
  statement:
    "a function that cannot run fails with a BackendError, not a defect, and the backend goes on",
  check: ({ backend, draw }) =>
    Effect.gen(function* () {
      const x = draw("x", [2, 3])
      const failed = <A, E>(what: string, effect: Effect.Effect<A, E>) =>
        effect.pipe(
          Effect.as([`${what} does not fail`]),
          Effect.catch((error) =>
            Effect.succeed(
              error instanceof BackendError ? [] : [`${what} fails with ${String(error)}`],
            ),
          ),
          Effect.catchCause((cause) => Effect.succeed([`${what} dies: ${String(cause)}`])),
        )
      const compiled = (wrong: typeof misfit, inputs: Parameters<typeof backend.compile>[1]) =>
        Effect.scoped(Effect.flatMap(backend.compile(wrong, inputs), (f) => f.run([x])))
      const float = { shape: [2, 3], dtype: "float32" } as const
      const found = [
        ...(yield* failed("a function whose shapes do not fit", compiled(misfit, [float]))),
        ...(yield* failed(
          "a loop whose shapes do not fit",
          Effect.scoped(
            Effect.flatMap(
              backend.loop(descent, { ...program({ draw }), resident: [draw("scale", [2])] }),
              (loop) => loop.run([x]),
            ),
          ),
        )),
      ]
      const after = yield* Effect.scoped(
        Effect.flatMap(
          backend.compile(network, [float, { shape: [3, 4], dtype: "float32" }]),
          (f) => f.run([x, draw("w", [3, 4])]),
        ),
      )
      return violations([...found, ...(after.length === 2 ? [] : ["the backend does not go on"])])
    }),
}
