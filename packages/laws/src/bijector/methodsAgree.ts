import { compare, relative, worstOf } from "../internal/compare.ts"
import { shownInFloat64 } from "../judge/inEachPrecision.ts"
import type { MeasuringBijectorLaw } from "./BijectorLaw.ts"
import { type Direction, evaluate } from "./evaluate.ts"
import { batched, type BijectorProgram, run } from "./program.ts"

const alone: Readonly<Record<Direction, BijectorProgram>> = {
  forward: ({ build }, x) => [build().forward(x)],
  inverse: ({ build }, y) => [build().inverse(y)],
}

const differences = [
  "tf.sub(bijector.forward(x), y)",
  "tf.sub(bijector.inverse(y), bijector.inverseAndLogDet(y)[0])",
]
const given = "const [y] = bijector.forwardAndLogDet(x)"

/** `forward` and `inverse` give what the paired methods give, even where they take a cheaper way. */
export const methodsAgree: MeasuringBijectorLaw = {
  name: "methods-agree",
  grade: "required",
  statement: "forward = forwardAndLogDet[0] and inverse = inverseAndLogDet[0]",
  applies: () => true,
  call: {
    float32: [given, ...differences.map((each) => `${each}.print() // expected: 0`)].join("\n"),
    float64:
      `${shownInFloat64("bijector", differences, [given])}\n` +
      `for (const { values } of shown) console.log(values) // expected: 0`,
  },
  check: (subject, sample, judge) => {
    const { x, y, back } = evaluate(subject, sample, judge)
    const [forward] = run(judge, subject, sample, alone.forward, [batched(x)])
    const [inverse] = run(judge, subject, sample, alone.inverse, [batched(y)])
    const near = (expected: Float64Array) => relative(expected, judge.agreement)
    return worstOf([
      compare(forward!.values, y.values, near(y.values), "forward"),
      compare(inverse!.values, back.x.values, near(back.x.values), "inverse"),
    ])
  },
}
