import { Effect } from "effect"
import { worstOf } from "../internal/compare.ts"
import type { Measurement } from "../Law.ts"
import type { BackendLaw } from "./BackendSubject.ts"
import { compareHosts } from "./compareHosts.ts"
import { network } from "./programs.ts"

/** A function compiled once for any batch size serves all of them. */
export const dynamicBatch: BackendLaw = {
  name: "dynamic-batch",
  grade: "required",
  statement:
    "compiled once with a size of null, a function runs at every size, also one and back again",
  check: ({ backend, reference, draw }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const inputs = [
          { shape: [null, 3], dtype: "float32" },
          { shape: [3, 4], dtype: "float32" },
        ] as const
        const mine = yield* backend.compile(network, inputs)
        const judge = yield* reference.compile(network, inputs)
        const found: Array<Measurement> = []
        for (const rows of [4, 1, 9, 4]) {
          const values = [draw(`x${rows}`, [rows, 3]), draw("w", [3, 4])]
          const expected = yield* judge.run(values)
          found.push(compareHosts(`${rows} rows`, yield* mine.run(values), expected))
        }
        return worstOf(found)
      }),
    ),
}
