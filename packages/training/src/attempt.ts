import type { BackendError, Loop } from "@pushforward/core"
import { Effect, type Scope } from "effect"
import { FitError } from "./FitError.ts"
import type { FitEvent } from "./FitEvent.ts"
import type { Plan } from "./plan.ts"
import { type Best, type Snapshot, vector } from "./Snapshot.ts"
import { validate } from "./validate.ts"

/** How often progress is told, in milliseconds. */
const progressEvery = 250

/** Steps from one snapshot to the next. Fixed, so that a run that is stopped and goes on has the same ones. */
const snapshotEvery = 100

/** What an attempt hands out on its way. */
export interface Listener<E> {
  readonly tell: (event: FitEvent) => Effect.Effect<unknown>
  readonly keep: (snapshot: Snapshot) => Effect.Effect<void, E>
}

/** Whether a run is over. */
export const stoppedBy = <E>(
  { options, batches }: Plan<E>,
  { step, best }: Snapshot,
): "epochs" | "patience" | undefined => {
  const epoch = Math.floor(step / batches.stepsPerEpoch)
  if (epoch >= options.epochs) return "epochs"
  return epoch - (best?.epoch ?? 0) >= options.patience ? "patience" : undefined
}

/**
 * Trains from a snapshot until the run is over; gives the last snapshot. Whatever happens between two snapshots can be
 * done again from the first.
 */
export const attempt = <E>(
  plan: Plan<E>,
  from: Snapshot,
  { tell, keep }: Listener<FitError>,
): Effect.Effect<Snapshot, FitError | BackendError | E, Scope.Scope> =>
  Effect.gen(function* () {
    const { batches, options, steps } = plan
    const { batchSize, optimiser, schedule, seed } = options
    const { stepsPerEpoch } = batches
    const loop = yield* plan.openLoop(from)
    const started = performance.now()
    const secondsHere = (): number => (performance.now() - started) / 1000
    let latest = from
    let stride = 4
    while (stoppedBy(plan, latest) === undefined) {
      const epoch = Math.floor(latest.step / stepsPerEpoch) + 1
      let { lossSum } = latest
      for (let done = latest.step % stepsPerEpoch; done < stepsPerEpoch;) {
        const toSnapshot = snapshotEvery - (done % snapshotEvery)
        const count = Math.min(stride, stepsPerEpoch - done, toSnapshot)
        const first = (epoch - 1) * stepsPerEpoch + done
        const rates = Array.from({ length: count }, (_, k) =>
          optimiser.rates(first + k + 1, schedule(first + k, steps)),
        )
        const { rows } = yield* batches.take(epoch, done, count)
        const before = performance.now()
        const [losses, norms] = yield* loop.run([
          rows,
          {
            shape: [count, rates[0]!.length],
            dtype: "float32",
            values: Float32Array.from(rates.flat()),
          },
        ])
        const bad = losses!.values.findIndex((loss) => !Number.isFinite(loss))
        if (bad >= 0) {
          return yield* new FitError({
            reason: "Diverged",
            problem: `the loss was ${losses!.values[bad]} at step ${first + bad + 1} (seed ${seed}, epoch ${epoch})`,
            hint: "Lower the learning rate or clipNorm, or look for extreme values in the data.",
          })
        }
        const elapsed = performance.now() - before
        let strideLoss = 0
        for (const loss of losses!.values) {
          strideLoss += loss
          lossSum += loss
        }
        done += count
        const finished = first + count
        yield* tell({
          _tag: "Progress",
          step: finished,
          steps,
          epoch,
          trainLogLikelihood: -strideLoss / count,
          gradientNorm: norms!.values.at(-1)!,
          learningRate: schedule(finished - 1, steps),
          rowsPerSecond: (1000 * count * batchSize) / elapsed,
          secondsLeft: (secondsHere() / (finished - from.step)) * (steps - finished),
        })
        stride = Math.max(1, Math.round((stride + (count * progressEvery) / elapsed) / 2))
        if (done < stepsPerEpoch && done % snapshotEvery === 0) {
          latest = {
            step: finished,
            carry: yield* read(loop),
            lossSum,
            validations: latest.validations,
            best: latest.best,
            recoveries: latest.recoveries,
            seconds: from.seconds + secondsHere(),
          }
          yield* keep(latest)
        }
      }

      const carry = yield* read(loop)
      const gathered = yield* plan.gather(vector(carry[0]!), vector(carry[1]!))
      const state = gathered.values as Float32Array
      const score = yield* validate(plan, carry[0]!, state)
      const best: Best | undefined =
        score > (latest.best?.score ?? -Infinity)
          ? { epoch, score, trainable: carry[0]!, state }
          : latest.best
      yield* tell({
        _tag: "EpochDone",
        epoch,
        trainLogLikelihood: -lossSum / stepsPerEpoch,
        validationLogLikelihood: score,
        best: best?.epoch === epoch,
      })
      latest = {
        step: epoch * stepsPerEpoch,
        carry,
        lossSum: 0,
        validations: [...latest.validations, score],
        best,
        recoveries: latest.recoveries,
        seconds: from.seconds + secondsHere(),
      }
      yield* keep(latest)
    }
    return latest
  })

const read = (loop: Loop): Effect.Effect<ReadonlyArray<Float32Array>, BackendError> =>
  Effect.map(loop.carry, (carry) => carry.map(({ values }) => values as Float32Array))
