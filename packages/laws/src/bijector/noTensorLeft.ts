import * as tf from "@tensorflow/tfjs-core"
import { compare, failure, violations } from "../internal/compare.ts"
import { scoped } from "../internal/scoped.ts"
import type { Measurement } from "../Law.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { read } from "../judge/float32.ts"
import { buildCase, inputOf } from "./evaluate.ts"

/**
 * Nothing outlives the scope, in value or gradient; inputs are not disposed; and a second run gives the same numbers,
 * so nothing was hidden in the first scope either.
 */
export const noTensorLeft: BijectorLaw = {
  name: "no-tensor-left",
  grade: "required",
  statement:
    "no tensor outlives a tidy scope, inputs are left alone, and a second run gives the same",
  applies: () => true,
  call:
    `const before = tf.memory().numTensors\n` +
    `tf.tidy(() => {\n  bijector.inverseAndLogDet(bijector.forwardAndLogDet(x)[0])\n})\n` +
    `console.log(tf.memory().numTensors - before) // expected: 0`,
  check: (subject, sample): Measurement => {
    const run = (): { readonly spent: boolean; readonly values: Float64Array } =>
      scoped(() => {
        const bijector = buildCase(subject, sample)
        const x = inputOf(subject, sample)
        const [y, logDet] = bijector.forwardAndLogDet(x)
        const [, back] = bijector.inverseAndLogDet(y)
        bijector.forward(x)
        bijector.inverse(y)
        tf.grad((at: tf.Tensor) =>
          tf.add(tf.sum(bijector.forwardAndLogDet(at)[1]), tf.mul(0, tf.sum(at))),
        )(x)
        return {
          spent: x.isDisposed || y.isDisposed || logDet.isDisposed || back.isDisposed,
          values: read(y).values,
        }
      })
    const before = tf.memory().numTensors
    const first = run()
    const left = tf.memory().numTensors - before
    if (left !== 0) return failure(`${left} tensors left after the scope`)
    if (first.spent) return failure("an input was disposed")
    const second = run()
    const same = compare(second.values, first.values, () => 0, "a second run")
    return same.measured === 0 ? violations([]) : same
  },
}
