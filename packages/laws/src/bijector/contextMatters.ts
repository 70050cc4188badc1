import * as tf from "@tensorflow/tfjs-core"
import { failure, success } from "../internal/compare.ts"
import { scoped } from "../internal/scoped.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { read } from "../judge/float32.ts"
import { buildCase, contextOf, inputOf } from "./evaluate.ts"

/** A declared context is used: with random parameters another context gives another result, in every row. */
export const contextMatters: BijectorLaw = {
  name: "context-matters",
  grade: "required",
  statement: "where a context is declared, changing it changes the result",
  applies: ({ layer }) => layer.contextShape !== undefined,
  call:
    `const other = instantiate(recipe, params, { context: tf.add(context, 1) })\n` +
    `tf.sub(bijector.inverse(x), other.inverse(x)).print() // expected: not zero`,
  check: (subject, sample) =>
    scoped(() => {
      const results = (context: tf.Tensor): ReadonlyArray<Float64Array> => {
        const bijector = buildCase(subject, sample, { context })
        const [y, forward] = bijector.forwardAndLogDet(inputOf(subject, sample))
        const [x, inverse] = bijector.inverseAndLogDet(y)
        return [y, forward, x, inverse].map((t) => read(t).values)
      }
      const context = contextOf(subject, sample)!
      const [one, two] = [results(context), results(tf.add(context, 1))]
      // Outputs or log-dets: a context that only turns the event leaves the log-det alone.
      const changed = [0, 1].some((k) => one[k]!.some((v, i) => Math.abs(v - two[k]![i]!) > 1e-6))
      return changed ? success : failure("another context gives the same result")
    }),
}
