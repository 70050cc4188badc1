import { compare, relative, worstOf } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { buildCase, evaluate, read, write } from "./evaluate.ts"
import { scoped } from "../internal/scoped.ts"

/** `forward` and `inverse` give what the paired methods give, even where they take a cheaper way. */
export const methodsAgree: BijectorLaw = {
  name: "methods-agree",
  grade: "required",
  statement: "forward = forwardAndLogDet[0] and inverse = inverseAndLogDet[0]",
  applies: () => true,
  call:
    `const [y] = bijector.forwardAndLogDet(x)\ntf.sub(bijector.forward(x), y).print() // expected: 0\n` +
    `tf.sub(bijector.inverse(y), bijector.inverseAndLogDet(y)[0]).print() // expected: 0`,
  check: (subject, sample) => {
    const { x, y, back } = evaluate(subject, sample)
    return scoped(() => {
      const bijector = buildCase(subject, sample)
      const forward = read(bijector.forward(write(x))).values
      const inverse = read(bijector.inverse(write(y))).values
      return worstOf([
        compare(forward, y.values, relative(y.values, 1e-5), "forward"),
        compare(inverse, back.x.values, relative(back.x.values, 1e-5), "inverse"),
      ])
    })
  },
}
