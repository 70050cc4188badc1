import { makeKey, sizeOf } from "@pushforward/core"
import { compare, relative, worstOf } from "../internal/compare.ts"
import type { Judge } from "../judge/Judge.ts"
import { shownInFloat64 } from "../judge/inEachPrecision.ts"
import type { Measurement } from "../Law.ts"
import { type BijectorCase, makeCase } from "./BijectorCase.ts"
import type { MeasuringBijectorLaw } from "./BijectorLaw.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { hostInput } from "./evaluate.ts"
import { batched, type BijectorProgram, run } from "./program.ts"

const thereAndBack: BijectorProgram = ({ build }, x) => {
  const bijector = build()
  const [y, logDet] = bijector.forwardAndLogDet(x)
  return [y, logDet, ...bijector.inverseAndLogDet(y)]
}

const everything = (
  judge: Judge,
  subject: BijectorSubject,
  sample: BijectorCase,
): ReadonlyArray<Float64Array> =>
  run(judge, subject, sample, thereAndBack, [batched(hostInput(subject, sample))]).map(
    ({ values }) => values,
  )

const among = [
  "const rows = x.rank === bijector.eventRankIn ? tf.expandDims(x, 0) : x",
  "const others = tf.concat([rows, tf.mul(rows, 0.5)], 0) // the same context for all rows",
]

const outputs = ["y", "forward log-det", "x", "inverse log-det"] as const

/**
 * A row's result depends on that row alone: it is the same among other rows, in another place, and on its own. In
 * evaluation mode; a batch normalisation in training mode mixes rows by design.
 */
export const rowsIndependent: MeasuringBijectorLaw = {
  name: "rows-independent",
  grade: "required",
  statement: "a row's result does not depend on the other rows of its batch",
  applies: () => true,
  call: {
    float32:
      `${among.join("\n")}\nbijector.forward(rows).print() // expected: the first rows of\n` +
      `bijector.forward(others).print()`,
    float64:
      `${shownInFloat64("bijector", ["bijector.forward(rows)", "bijector.forward(others)"], among)}\n` +
      `console.log(shown[0]!.values) // expected: the first of\nconsole.log(shown[1]!.values)`,
  },
  check: (subject, sample, judge) => {
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
    const [here, there] = [own, moved].map((each) => everything(judge, subject, each))
    const pick = (values: Float64Array, row: number): Float64Array => {
      const size = values.length / sizeOf(batch)
      return values.subarray(row * size, (row + 1) * size)
    }
    return worstOf(
      outputs.flatMap((what, k) =>
        [1, 2].map((row): Measurement => {
          const expected = pick(here![k]!, row)
          return compare(
            pick(there![k]!, 3 - row),
            expected,
            relative(expected, judge.agreement),
            `${what} of row ${row}`,
          )
        }),
      ),
    )
  },
}
