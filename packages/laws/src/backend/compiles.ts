import { Effect } from "effect"
import type { HostTensor, TensorFunction, TensorSpec } from "@pushforward/core"
import { worstOf } from "../internal/compare.ts"
import type { BackendCase, BackendLaw } from "./BackendSubject.ts"
import { compareHosts } from "./compareHosts.ts"
import { integers, network, slope } from "./programs.ts"

const specOf = ({ shape, dtype }: HostTensor): TensorSpec => ({ shape, dtype })

const bothRun = (
  { backend, reference }: BackendCase,
  what: string,
  f: TensorFunction,
  inputs: ReadonlyArray<HostTensor>,
) =>
  Effect.scoped(
    Effect.gen(function* () {
      // One after the other: TensorFlow.js has one engine per process.
      const expected = yield* (yield* reference.compile(f, inputs.map(specOf))).run(inputs)
      const got = yield* (yield* backend.compile(f, inputs.map(specOf))).run(inputs)
      return compareHosts(what, got, expected)
    }),
  )

/** A compiled function gives what eager evaluation on the reference gives: values, gradients, integers. */
export const compiles: BackendLaw = {
  name: "compile-agrees",
  grade: "required",
  statement: "a compiled function gives what the reference gives: values, gradients, integers",
  check: (sample) =>
    Effect.gen(function* () {
      const { draw } = sample
      const indices: HostTensor = { shape: [3], dtype: "int32", values: Int32Array.of(2, 0, 1) }
      return worstOf([
        yield* bothRun(sample, "network", network, [draw("x", [5, 3]), draw("w", [3, 4])]),
        yield* bothRun(sample, "gradient", slope, [draw("x", [2, 3])]),
        yield* bothRun(sample, "integers", integers, [indices, draw("table", [4, 2])]),
      ])
    }),
}
