import { type Shape, sameShape, showShape, sizeOf } from "@pushforward/core"
import { violations } from "../internal/compare.ts"
import { type BijectorCase, outputShape } from "./BijectorCase.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { buildCase, inputOf } from "./evaluate.ts"
import { scoped } from "../internal/scoped.ts"

/** The first row of a case in a batch of another shape. */
const withBatch = (sample: BijectorCase, batch: Shape): BijectorCase => {
  const count = sizeOf(sample.batch)
  const repeat = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
    const row = values.slice(0, values.length / count)
    return Array.from({ length: sizeOf(batch) }, () => row).flat()
  }
  return {
    ...sample,
    batch,
    x: repeat(sample.x),
    ...(sample.context && { context: repeat(sample.context) }),
  }
}

/** Events keep their place at the end, whatever comes before: zero, one or two batch axes. */
export const shapes: BijectorLaw = {
  name: "shapes",
  grade: "required",
  statement: "y: [...batch, ...eventOut], logDet: [...batch], with zero, one and two batch axes",
  applies: () => true,
  call: `console.log(bijector.forwardAndLogDet(x).map((t) => t.shape))`,
  check: (subject, sample) => {
    const { layer, eventShape, extraShape } = subject
    const whole = outputShape(subject)
    const found: Array<string> = []
    const expect = (what: string, got: Shape, expected: Shape): void => {
      if (!sameShape(got, expected)) {
        found.push(`${what} has shape ${showShape(got)}, expected ${showShape(expected)}`)
      }
    }
    expect("inverseEventShape(forwardEventShape(event))", layer.inverseEventShape(whole), [
      ...extraShape,
      ...eventShape,
    ])
    for (const axes of [[], [2], [3, 2]]) {
      scoped(() => {
        const of = withBatch(sample, axes)
        const batch = [...axes, ...extraShape]
        const bijector = buildCase(subject, of)
        const [y, logDet] = bijector.forwardAndLogDet(inputOf(subject, of))
        const [x, inverseLogDet] = bijector.inverseAndLogDet(y)
        const at = `with batch ${showShape(batch)}`
        expect(`y ${at}`, y.shape, [...axes, ...whole])
        expect(`forward log-det ${at}`, logDet.shape, batch)
        expect(`x ${at}`, x.shape, [...batch, ...eventShape])
        expect(`inverse log-det ${at}`, inverseLogDet.shape, batch)
      })
    }
    return violations(found)
  },
}
