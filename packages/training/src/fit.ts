import { Backend, type BackendError } from "@pushforward/core"
import type { ParametricDistribution } from "@pushforward/distributions"
import { type Cause, Effect, Queue, type Scope, Stream } from "effect"
import { attempt, stoppedBy } from "./attempt.ts"
import { encodeCheckpoint } from "./Checkpoint.ts"
import type { FitError } from "./FitError.ts"
import type { Done, FitEvent } from "./FitEvent.ts"
import type { FitData, FitOptions } from "./FitOptions.ts"
import { type Plan, planOf } from "./plan.ts"
import { resumeFrom } from "./resume.ts"
import { firstSnapshot, paramsOf, type Snapshot } from "./Snapshot.ts"

/**
 * Trains a density by maximum likelihood, as a stream of events.
 *
 * **Details**
 *
 * - The stream owns the run: interrupting it stops between two steps, saves a checkpoint if there is a place for it, and
 *   frees everything
 * - Same seed, same backend: same bits, also when the run was stopped and went on from a checkpoint
 * - Fails: {@link FitError} for options that make no sense, too few rows, a checkpoint that cannot be used or written, or
 *   a loss that is not a number; {@link BackendError} when the engine fails; with whatever a {@link RowSource} fails with
 *
 * @category constructors
 */
export const fitEvents = <E = never>(
  recipe: ParametricDistribution,
  data: FitData<E>,
  options: FitOptions = {},
): Stream.Stream<FitEvent, FitError | BackendError | E, Backend> =>
  Stream.callback<FitEvent, FitError | BackendError | E, Backend>(
    (queue) =>
      planOf(recipe, data, options).pipe(
        Effect.flatMap((plan) => run(plan, (event) => Queue.offer(queue, event))),
        Effect.andThen(Queue.end(queue as Queue.Queue<FitEvent, Cause.Done>)),
      ),
    { bufferSize: 16, strategy: "suspend" },
  )

const run = <E>(
  plan: Plan<E>,
  tell: (event: FitEvent) => Effect.Effect<unknown>,
): Effect.Effect<void, FitError | BackendError | E, Scope.Scope> =>
  Effect.gen(function* () {
    const { batches, initial, options, source } = plan
    const { checkpoints, epochs, batchSize, optimiser } = options
    const identity = checkpoints ? plan.identity() : {}
    let latest =
      (checkpoints && (yield* resumeFrom(checkpoints, identity, tell))) ??
      firstSnapshot(initial, { moments: optimiser.moments, averaged: false })
    yield* tell({
      _tag: "Started",
      rows: source.count,
      validationRows: plan.validation.shape[0]!,
      parameters: plan.parameters,
      epochs,
      stepsPerEpoch: batches.stepsPerEpoch,
      batchSize,
      backend: plan.backend,
      step: latest.step,
    })

    let saved = latest
    let savedAt = performance.now()
    const save = Effect.suspend(() => {
      if (checkpoints === undefined || saved === latest) return Effect.void
      saved = latest
      savedAt = performance.now()
      return checkpoints.write(encodeCheckpoint(latest, identity))
    })
    const keep = (snapshot: Snapshot): Effect.Effect<void, FitError> => {
      latest = snapshot
      const due = checkpoints && performance.now() - savedAt >= 1000 * checkpoints.everySeconds
      return due ? save : Effect.void
    }

    const last = yield* Effect.scoped(attempt(plan, latest, { tell, keep })).pipe(
      Effect.onInterrupt(() => Effect.ignore(save)),
    )
    yield* save
    const { best } = last
    yield* tell({
      _tag: "Done",
      params: best ? paramsOf(initial, best.trainable, best.state) : initial,
      epochs: last.validations.length,
      bestEpoch: best?.epoch ?? 0,
      validationLogLikelihood: best?.score ?? -Infinity,
      seconds: last.seconds,
      stoppedBy: stoppedBy(plan, last)!,
    } satisfies Done)
  })

/**
 * Trains a density and gives its last event; see {@link fitEvents}.
 */
export const fitDensity = <E = never>(
  recipe: ParametricDistribution,
  data: FitData<E>,
  options: FitOptions = {},
): Effect.Effect<Done, FitError | BackendError | E, Backend> =>
  Stream.runFold(
    fitEvents(recipe, data, options),
    (): Done | undefined => undefined,
    (_, event) => (event._tag === "Done" ? event : undefined),
  ) as Effect.Effect<Done, FitError | BackendError | E, Backend>
