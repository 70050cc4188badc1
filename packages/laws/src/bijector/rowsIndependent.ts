import { makeKey, sizeOf } from "@pushforward/core"
import { compare, relative, worstOf } from "../internal/compare.ts"
import type { Measurement } from "../Law.ts"
import { type BijectorCase, makeCase } from "./BijectorCase.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { buildCase, inputOf, read } from "./evaluate.ts"
import { scoped } from "../internal/scoped.ts"

const everything = (subject: BijectorSubject, sample: BijectorCase): ReadonlyArray<Float32Array> =>
  scoped(() => {
    const bijector = buildCase(subject, sample)
    const [y, logDet] = bijector.forwardAndLogDet(inputOf(subject, sample))
    const [x, inverseLogDet] = bijector.inverseAndLogDet(y)
    return [y, logDet, x, inverseLogDet].map((t) => read(t).values)
  })

const outputs = ["y", "forward log-det", "x", "inverse log-det"] as const

/**
 * A row's result depends on that row alone: it is the same among other rows, in another place, and on its own. In
 * evaluation mode; a batch normalisation in training mode mixes rows by design.
 */
export const rowsIndependent: BijectorLaw = {
  name: "rows-independent",
  grade: "required",
  statement: "a row's result does not depend on the other rows of its batch",
  applies: () => true,
  call:
    `const rows = x.rank === bijector.eventRankIn ? tf.expandDims(x, 0) : x\n` +
    `const others = tf.concat([rows, tf.mul(rows, 0.5)], 0) // the same context for all rows\n` +
    `bijector.forward(rows).print() // expected: the first rows of\nbijector.forward(others).print()`,
  check: (subject, sample) => {
    const batch = [3]
    const own = makeCase(subject, makeKey(sample.seed), sample.seed, batch)
    const strangers = makeCase(subject, makeKey(sample.seed + 1), sample.seed, batch)
    // Rows 1, 2 among strangers and in each other's place.
    const swap = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): ReadonlyArray<number> => {
      const size = a.length / 3
      return [...b.slice(0, size), ...a.slice(2 * size), ...a.slice(size, 2 * size)]
    }
    const moved: BijectorCase = {
      ...own,
      x: swap(own.x, strangers.x),
      ...(own.context && { context: swap(own.context, strangers.context!) }),
    }
    const [here, there] = [everything(subject, own), everything(subject, moved)]
    const pick = (values: Float32Array, row: number): Float32Array => {
      const size = values.length / sizeOf(batch)
      return values.subarray(row * size, (row + 1) * size)
    }
    return worstOf(
      outputs.flatMap((what, k) =>
        [1, 2].map((row): Measurement => {
          const expected = pick(here[k]!, row)
          return compare(
            pick(there[k]!, 3 - row),
            expected,
            relative(expected, 1e-5),
            `${what} of row ${row}`,
          )
        }),
      ),
    )
  },
}
