import { compare, inconclusive, relative, worstOf } from "../internal/compare.ts"
import type { Host, Judge } from "../judge/Judge.ts"
import type { Measurement } from "../Law.ts"

/**
 * Results of the same operations in another order, `[got, expected]` each: a few roundings apart. Where both overflow
 * there is nothing to compare.
 */
export const sameResults = (
  { agreement }: Judge,
  found: ReadonlyArray<Host>,
  names: ReadonlyArray<string>,
): Measurement =>
  worstOf(
    names.map((name, i) => {
      const [got, expected] = [found[2 * i]!.values, found[2 * i + 1]!.values]
      return expected.some((v) => !Number.isFinite(v))
        ? inconclusive("the composition overflows")
        : compare(got, expected, relative(expected, agreement), name)
    }),
  )

/** `[got, expected]` of a value and of its log-det. */
export const pairUp = <A>(
  got: readonly [A, A],
  expected: readonly [A, A],
): readonly [A, A, A, A] => [got[0], expected[0], got[1], expected[1]]

/** What {@link pairUp} pairs, of both directions. */
export const bothDirections: ReadonlyArray<string> = [
  "forward, value",
  "forward, log-det",
  "inverse, value",
  "inverse, log-det",
]
