import type { Backend, BackendError } from "@pushforward/core"
import { Effect, type Scope } from "effect"
import type { FitError } from "./FitError.ts"
import type { FitEvent } from "./FitEvent.ts"
import { bitsPerDimension } from "./metrics/bitsPerDimension.ts"
import type { Plan } from "./plan.ts"
import { learningRateAt } from "./rates.ts"
import { type Best, type Snapshot, vector } from "./Snapshot.ts"
import { validate } from "./validate.ts"

/** How often progress is told, in milliseconds. */
const progressEvery = 250

/** Steps from one snapshot to the next. Fixed, so that a run that is stopped and goes on has the same ones. */
const snapshotEvery = 100

/** What an attempt hands out on its way. */
export interface Listener {
  readonly tell: (event: FitEvent) => Effect.Effect<unknown>
  readonly keep: (snapshot: Snapshot) => Effect.Effect<void, FitError>
  /** Looks at the parameters after an epoch, and at its mean log-likelihood. */
  readonly inspect: (
    after: Snapshot,
    trainLogLikelihood: number,
  ) => Effect.Effect<unknown, BackendError, Backend>
}

/**
 * How an attempt ended: the run is over, or went astray at a step, counted from 0.
 *
 * **Details**
 *
 * - `since`: the snapshot before that step, from which it can be done again
 * - `back`: the last snapshot whose own next steps went well. The very last may be the beginning of the trouble: a loss is
 *   that of the parameters before a step, not of those after it
 */
export type Outcome =
  | { readonly _tag: "Over"; readonly last: Snapshot }
  | {
      readonly _tag: "Astray"
      readonly since: Snapshot
      readonly back: Snapshot
      readonly step: number
      readonly symptom: string
      /** Whether a single number is at fault, whose origin can be found. */
      readonly traceable: boolean
    }

/** Whether a run is over. */
export const stoppedBy = <E>(
  { options, batches }: Plan<E>,
  { step, best }: Pick<Snapshot, "step" | "best">,
): "epochs" | "patience" | undefined => {
  const epoch = Math.floor(step / batches.stepsPerEpoch)
  if (step % batches.stepsPerEpoch > 0) return undefined
  if (epoch >= options.epochs) return "epochs"
  return epoch - (best?.epoch ?? 0) >= options.patience ? "patience" : undefined
}

/** How far the mean loss may rise above its lowest level: more is no learning any more. */
const explodes = (loss: number, level: number, dimensions: number): boolean =>
  loss > level + Math.max(50, 5 * dimensions, 2 * Math.abs(level))

/**
 * Trains from a snapshot until the run is over or goes astray. Whatever happens between two snapshots can be done again
 * from the first.
 */
export const attempt = <E>(
  plan: Plan<E>,
  from: Snapshot,
  { tell, keep, inspect }: Listener,
): Effect.Effect<Outcome, FitError | BackendError | E, Backend | Scope.Scope> =>
  Effect.gen(function* () {
    const { options, steps } = plan
    const { stepsPerEpoch } = plan.batches
    const loop = yield* plan.openLoop(from)
    const started = performance.now()
    const bits = (nats: number): number => bitsPerDimension(nats, plan)
    const secondsHere = (): number => (performance.now() - started) / 1000
    let good = from
    let latest = from
    let stride = 4
    const astray = (step: number, symptom: string, traceable: boolean) =>
      ({ _tag: "Astray", since: latest, back: good, step, symptom, traceable }) as const

    /** Steps to the next snapshot; gives the sum of their losses, or what went wrong. */
    const stepsTo = (to: number) =>
      Effect.gen(function* () {
        let sum = 0
        let first: number | undefined
        for (let step = latest.step; step < to;) {
          const { inputs } = yield* plan.inputsAt(step, Math.min(stride, to - step), latest)
          const count = inputs[0]!.shape[0]!
          const before = performance.now()
          const [losses, norms] = yield* loop.run(inputs)
          const elapsed = performance.now() - before
          let told = 0
          for (const [k, loss] of losses!.values.entries()) {
            const norm = norms!.values[k]!
            if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
              const symptom = Number.isFinite(loss) ? `gradient was ${norm}` : `loss was ${loss}`
              return astray(step + k, symptom, true)
            }
            sum += loss
            first ??= loss
            told += loss
          }
          step += count
          yield* tell({
            _tag: "Progress",
            step,
            steps,
            epoch: Math.ceil(step / stepsPerEpoch),
            trainLogLikelihood: -told / count,
            trainBitsPerDimension: bits(-told / count),
            gradientNorm: norms!.values.at(-1)!,
            learningRate: learningRateAt(options, step - 1, steps, latest),
            rowsPerSecond: (1000 * count * options.batchSize) / elapsed,
            secondsLeft: (secondsHere() / (step - from.step)) * (steps - step),
          })
          stride = Math.max(1, Math.round((stride + (count * progressEvery) / elapsed) / 2))
        }
        return { _tag: "Sum", sum, first: first! } as const
      })

    /** The snapshot at the end of an epoch, with the validation rows scored. */
    const endOfEpoch = (at: Snapshot) =>
      Effect.gen(function* () {
        const epoch = at.step / stepsPerEpoch
        const trainable = at.carry[options.averaging > 0 ? at.carry.length - 1 : 0]!
        const gathered = yield* plan.gather(vector(trainable), vector(at.carry[1]!))
        const state = gathered.values as Float32Array
        const score = yield* validate(plan, trainable, state)
        const best: Best | undefined =
          score > (at.best?.score ?? -Infinity) ? { epoch, score, trainable, state } : at.best
        const trainLogLikelihood = -at.lossSum / stepsPerEpoch
        yield* inspect(at, trainLogLikelihood)
        yield* tell({
          _tag: "EpochDone",
          epoch,
          trainLogLikelihood,
          validationLogLikelihood: score,
          trainBitsPerDimension: bits(trainLogLikelihood),
          validationBitsPerDimension: bits(score),
          best: best?.epoch === epoch,
        })
        return { ...at, lossSum: 0, validations: [...at.validations, score], best }
      })

    while (stoppedBy(plan, latest) === undefined) {
      const done = latest.step % stepsPerEpoch
      const to = latest.step + Math.min(snapshotEvery, stepsPerEpoch - done)
      const result = yield* stepsTo(to)
      if (result._tag === "Astray") return result
      const mean = result.sum / (to - latest.step)
      const level = Math.min(mean, latest.level ?? result.first)
      if (explodes(mean, level, plan.dimensions)) {
        const symptom = `loss rose from ${level.toPrecision(4)} to ${mean.toPrecision(4)}`
        return astray(to - 1, symptom, false)
      }
      const here: Snapshot = {
        step: to,
        carry: (yield* loop.carry).map(({ values }) => values as Float32Array),
        lossSum: latest.lossSum + result.sum,
        validations: latest.validations,
        best: latest.best,
        level,
        recoveries: latest.recoveries,
        seconds: from.seconds + secondsHere(),
      }
      const next = to % stepsPerEpoch === 0 ? yield* endOfEpoch(here) : here
      if (Number.isNaN(next.validations.at(-1))) {
        return astray(to - 1, "validation log-likelihood was NaN", false)
      }
      good = latest
      latest = next
      yield* keep(good)
    }
    yield* keep(latest)
    return { _tag: "Over", last: latest }
  })
