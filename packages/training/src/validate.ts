import type { BackendError } from "@pushforward/core"
import { Effect } from "effect"
import type { Plan } from "./plan.ts"
import { chunkRows, type Rows } from "./rows.ts"
import { vector } from "./Snapshot.ts"

/** Rows in one call of the engine. */
const chunkSize = 8192

/** The mean log-likelihood of the validation rows, in nats, each by its weight. */
export const validate = <E>(
  { score, validation, validationContext, validationWeights }: Plan<E>,
  trainable: Float32Array,
  state: Float32Array,
): Effect.Effect<number, BackendError> =>
  Effect.gen(function* () {
    const density = yield* score
    let [sum, at] = [0, 0]
    const contexts = validationContext && chunkRows(validationContext, chunkSize)
    for (const chunk of chunkRows(validation, chunkSize)) {
      const given = contexts ? [contexts.next().value as Rows] : []
      const [piece] = yield* density.run([vector(trainable), vector(state), chunk, ...given])
      for (const value of piece!.values) {
        const weight = validationWeights?.[at++] ?? 1
        if (weight > 0) sum += weight * value
      }
    }
    return sum / validation.shape[0]!
  })
