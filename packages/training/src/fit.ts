import type { Backend, BackendError } from "@pushforward/core"
import type { ParametricDistribution } from "@pushforward/distributions"
import { type Cause, Effect, Queue, Stream } from "effect"
import type { FitError } from "./FitError.ts"
import type { Done, FitEvent } from "./FitEvent.ts"
import type { FitData, FitOptions } from "./FitOptions.ts"
import { planOf } from "./plan.ts"
import { run } from "./run.ts"

/**
 * Trains a density by maximum likelihood, as a stream of events.
 *
 * **Details**
 *
 * - The stream owns the run: interrupting it stops between two steps, saves a checkpoint if there is a place for it, and
 *   frees everything
 * - Same seed, same backend: same bits, also when the run was stopped and went on from a checkpoint
 * - A loss or a gradient that is no number, and a loss that explodes, lead back to the last good parameters, at most two
 *   hundred steps before, and on from there with half the learning rate; `Recovered` says where it came from
 * - Fails: {@link FitError} for options that make no sense, too few rows, a checkpoint that cannot be used or written, or
 *   when `recoveries` are used up (the last good parameters come before, in a `Done`); {@link BackendError} when the
 *   engine fails; with whatever a {@link RowSource} fails with
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
