import type { BackendError } from "@pushforward/core"
import { Effect } from "effect"
import { meanAndError } from "./evaluate.ts"
import type { Plan } from "./plan.ts"
import { chunkRows } from "./rows.ts"
import { vector } from "./Snapshot.ts"

/** Rows in one call of the engine. */
const chunkSize = 8192

/** The mean log-likelihood of the validation rows, in nats. */
export const validate = <E>(
  { score, validation }: Plan<E>,
  trainable: Float32Array,
  state: Float32Array,
): Effect.Effect<number, BackendError> =>
  Effect.gen(function* () {
    const scores: Array<number> = []
    for (const chunk of chunkRows(validation, chunkSize)) {
      const [piece] = yield* score.run([vector(trainable), vector(state), chunk])
      scores.push(...piece!.values)
    }
    return meanAndError(scores).mean
  })
