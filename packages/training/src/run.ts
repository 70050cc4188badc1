import type { Backend, BackendError } from "@pushforward/core"
import { Effect } from "effect"
import { attempt, type Listener, type Outcome, stoppedBy } from "./attempt.ts"
import { FitError } from "./FitError.ts"
import type { Done, FitEvent } from "./FitEvent.ts"
import { keepSnapshots } from "./keepSnapshots.ts"
import { describeOrigin, type Origin, originOf } from "./Origin.ts"
import type { Plan } from "./plan.ts"
import { resumeFrom } from "./resume.ts"
import { firstSnapshot, paramsOf, type Snapshot, snapshotFormat } from "./Snapshot.ts"
import { watchSpikes } from "./spikes.ts"

/**
 * Runs a plan to its end: from the start or from a checkpoint, and back to the last good snapshot whenever an attempt
 * goes astray.
 */
export const run = <E>(
  plan: Plan<E>,
  tell: (event: FitEvent) => Effect.Effect<unknown>,
): Effect.Effect<void, FitError | BackendError | E, Backend> =>
  Effect.gen(function* () {
    const { batches, initial, options, source } = plan
    const { checkpoints, epochs, batchSize } = options
    const identity = checkpoints ? plan.identity() : {}
    const resumed = checkpoints && (yield* resumeFrom(checkpoints, snapshotFormat, identity, tell))
    const { latest, keep, save } = keepSnapshots(
      checkpoints,
      snapshotFormat,
      identity,
      resumed,
      firstSnapshot(initial, options),
    )
    yield* tell({
      _tag: "Started",
      rows: source.count,
      validationRows: plan.validation.shape[0]!,
      parameters: plan.parameters,
      epochs,
      stepsPerEpoch: batches.stepsPerEpoch,
      batchSize,
      backend: plan.backend,
      step: latest().step,
    })

    const finish = (
      { best, validations, seconds }: Snapshot,
      reason: Done["stoppedBy"],
    ): Effect.Effect<unknown> =>
      tell({
        _tag: "Done",
        params: best ? paramsOf(initial, best.trainable, best.state) : initial,
        epochs: validations.length,
        bestEpoch: best?.epoch ?? 0,
        validationLogLikelihood: best?.score ?? -Infinity,
        seconds,
        stoppedBy: reason,
      })

    const watch = yield* watchSpikes(plan)
    const inspect: Listener["inspect"] = (after, trainLogLikelihood) =>
      Effect.flatMap(watch(after, trainLogLikelihood), (notice) =>
        notice ? tell(notice) : Effect.void,
      )

    const attempts = Effect.gen(function* () {
      while (true) {
        const outcome = yield* Effect.scoped(attempt(plan, latest(), { tell, keep, inspect }))
        if (outcome._tag === "Over") return
        const { since, back, step, symptom } = outcome
        const origin = outcome.traceable ? yield* originOf(plan, since, step) : undefined
        const recoveries = back.recoveries + 1
        const problem = describe(plan, outcome, origin)
        if (isInRows(origin) || recoveries > options.recoveries) {
          yield* save
          if (since.best) yield* finish(since, "divergence")
          return yield* giveUp(problem, origin, since, symptom)
        }
        yield* tell({
          _tag: "Recovered",
          step: step + 1,
          backTo: back.step,
          recoveries,
          most: options.recoveries,
          rateFactor: 2 ** -recoveries,
          problem,
          ...(origin && { origin }),
        })
        yield* keep({ ...back, recoveries })
      }
    })
    yield* attempts.pipe(Effect.onInterrupt(() => Effect.ignore(save)))
    yield* save
    yield* finish(latest(), stoppedBy(plan, latest())!)
  })

/** Whether the rows themselves are at fault: no learning rate mends them. */
const isInRows = (origin: Origin | undefined): boolean =>
  origin?.where === "data" || origin?.where === "context"

const describe = <E>(
  { options, batches, source, names }: Plan<E>,
  { step, symptom }: Extract<Outcome, { _tag: "Astray" }>,
  origin: Origin | undefined,
): string => {
  const epoch = Math.floor(step / batches.stepsPerEpoch) + 1
  return (
    `the ${symptom} at step ${step + 1} (seed ${options.seed}, epoch ${epoch})` +
    (origin ? `: ${describeOrigin(origin, source.eventShape, names)}` : "")
  )
}

const giveUp = (
  problem: string,
  origin: Origin | undefined,
  { recoveries, best }: Snapshot,
  symptom: string,
): FitError => {
  const tries =
    recoveries === 0
      ? ""
      : `, also after going back ${recoveries} times with half the learning rate each`
  const mend = isInRows(origin)
    ? "Remove that row or fill it."
    : symptom.startsWith("gradient") || origin === undefined
      ? "Lower the learning rate or clipNorm, or look for extreme values in the data."
      : "Look at that row and that layer, lower the learning rate, or choose another flow."
  return new FitError({
    reason: "Diverged",
    problem: `${problem}${tries}`,
    hint: best ? `${mend} The best parameters up to there are kept.` : mend,
    ...(origin && { origin }),
  })
}
