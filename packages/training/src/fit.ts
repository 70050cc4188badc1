import {
  Backend,
  type BackendError,
  countParams,
  flattenParams,
  foldKey,
  type HostTensor,
  type Loop,
  makeKey,
  type Params,
  type RandomKey,
  randomPermutation,
  unflattenParams,
} from "@pushforward/core"
import type { ParametricDistribution } from "@pushforward/distributions"
import { type Cause, Effect, Queue, type Scope, Stream } from "effect"
import { meanAndError } from "./evaluate.ts"
import { FitError } from "./FitError.ts"
import type { Done, FitEvent } from "./FitEvent.ts"
import { flatModel } from "./flatModel.ts"
import { prepareGather } from "./gatherStatistics.ts"
import { maximumLikelihood, type Objective } from "./objective.ts"
import type { Optimiser } from "./Optimiser.ts"
import { adam } from "./optimisers/adam.ts"
import { chunkRows, type Rows } from "./rows.ts"
import { cosine, type Schedule } from "./schedule.ts"
import { trainingStep } from "./trainingStep.ts"

/** How to train. Everything has a default that suits the number of rows. */
export interface FitOptions {
  /** Seed of the initial parameters and the order of the rows. Default 0. */
  readonly seed?: number
  /** Passes over the training rows, at most. */
  readonly epochs?: number
  readonly batchSize?: number
  /** Learning rate by step. Default: a cosine from 3e-3 after a short warm-up. */
  readonly schedule?: Schedule
  readonly optimiser?: Optimiser
  readonly objective?: Objective
  /** The gradient is scaled down to this norm when longer. Default 5. */
  readonly clipNorm?: number
  /** Stop after this many epochs without a better validation log-likelihood. Default 20. */
  readonly patience?: number
}

/** Rows for the gradient, rows to choose the best epoch by. */
export interface FitData {
  readonly train: Rows
  readonly validation: Rows
}

/** The default batch: a fortieth of the rows as a power of two, from 32 to 256. */
export const defaultBatchSize = (rows: number): number =>
  Math.min(rows, 2 ** Math.min(8, Math.max(5, Math.floor(Math.log2(rows / 40)))))

/** The default number of epochs: about 10,000 steps, from 5 to 200 epochs. */
export const defaultEpochs = (rows: number, batchSize: number): number =>
  Math.min(200, Math.max(5, Math.ceil(10_000 / Math.ceil(rows / batchSize))))

/** How often progress is told, in milliseconds. */
const progressEvery = 250

const vector = (values: Float32Array): HostTensor => ({
  shape: [values.length],
  dtype: "float32",
  values,
})

/** The rows of each step of an epoch: a fresh permutation, begun again where the last batch is not full. */
const epochIndices = (key: RandomKey, epoch: number, rows: number, count: number): Int32Array => {
  const order = randomPermutation(foldKey(key, epoch), rows)
  return Int32Array.from({ length: count }, (_, i) => order[i % rows]!)
}

const checkOptions = (data: FitData, options: FitOptions): Effect.Effect<void, FitError> => {
  const [train, validation] = [data.train.shape[0]!, data.validation.shape[0]!]
  if (train < 2 || validation < 1) {
    return Effect.fail(
      new FitError({
        reason: "TooFewRows",
        problem: `expected at least 2 training rows and 1 validation row, got ${train} and ${validation}`,
        hint: "Add rows, or move some from one part to the other.",
      }),
    )
  }
  for (const name of ["epochs", "batchSize", "patience", "clipNorm"] as const) {
    const value = options[name]
    if (value !== undefined && !(value > 0 && (name === "clipNorm" || Number.isInteger(value)))) {
      return Effect.fail(
        new FitError({
          reason: "BadOptions",
          problem: `${name}: expected a positive ${name === "clipNorm" ? "number" : "whole number"}, got ${value}`,
          hint: `Leave ${name} out for a default that suits the data.`,
        }),
      )
    }
  }
  return Effect.void
}

/**
 * Trains a density by maximum likelihood, as a stream of events.
 *
 * **Details**
 *
 * - The stream owns the run: interrupting it stops between two steps and frees everything
 * - Same seed, same backend: same bits
 * - Fails: {@link FitError} for options that make no sense, too few rows, or a loss that is not a number;
 *   {@link BackendError} when the engine fails
 *
 * @category constructors
 */
export const fitEvents = (
  recipe: ParametricDistribution,
  data: FitData,
  options: FitOptions = {},
): Stream.Stream<FitEvent, FitError | BackendError, Backend> =>
  Stream.callback<FitEvent, FitError | BackendError, Backend>(
    (queue) =>
      checkOptions(data, options).pipe(
        Effect.andThen(train(recipe, data, options, (event) => Queue.offer(queue, event))),
        Effect.andThen(Queue.end(queue as Queue.Queue<FitEvent, Cause.Done>)),
      ),
    { bufferSize: 16, strategy: "suspend" },
  )

const train = (
  recipe: ParametricDistribution,
  { train: rows, validation }: FitData,
  options: FitOptions,
  tell: (event: FitEvent) => Effect.Effect<unknown>,
): Effect.Effect<void, FitError | BackendError, Backend | Scope.Scope> =>
  Effect.gen(function* () {
    const rowCount = rows.shape[0]!
    const {
      seed = 0,
      batchSize = defaultBatchSize(rowCount),
      epochs = defaultEpochs(rowCount, batchSize),
      schedule = cosine(3e-3),
      optimiser = adam(),
      objective = maximumLikelihood,
      clipNorm = 5,
      patience = 20,
    } = options
    const backend = yield* Backend
    const key = makeKey(seed)
    const initial = recipe.init(foldKey(key, "init"))
    const orderKey = foldKey(key, "order")
    const model = flatModel(recipe, initial)
    const stepsPerEpoch = Math.ceil(rowCount / batchSize)
    const steps = epochs * stepsPerEpoch
    const parameters = countParams(initial, "trainable")
    const rateCount = optimiser.rates(1, schedule(0, steps)).length

    const loop: Loop = yield* backend.loop(trainingStep(model, objective, optimiser, clipNorm), {
      carry: [
        vector(flattenParams(initial, "trainable")),
        vector(flattenParams(initial, "state")),
        ...Array.from({ length: optimiser.moments }, () => vector(new Float32Array(parameters))),
      ],
      resident: [rows],
      inputs: [
        { shape: [batchSize], dtype: "int32" },
        { shape: [rateCount], dtype: "float32" },
      ],
    })
    const score = yield* backend.compile(
      ([trainable, state, x]) => [model.build(trainable!, state!).logProb(x!)],
      [
        { shape: [parameters], dtype: "float32" },
        { shape: [countParams(initial, "state")], dtype: "float32" },
        { shape: [null, ...validation.shape.slice(1)], dtype: "float32" },
      ],
    )
    const gather = yield* prepareGather(model, initial, rows)

    yield* tell({
      _tag: "Started",
      rows: rowCount,
      validationRows: validation.shape[0]!,
      parameters,
      epochs,
      stepsPerEpoch,
      batchSize,
      backend: backend.name,
    })

    const started = performance.now()
    let best: { readonly epoch: number; readonly score: number; readonly params: Params } = {
      epoch: 0,
      score: -Infinity,
      params: initial,
    }
    let stride = 4
    let stoppedBy: Done["stoppedBy"] = "epochs"
    let epoch = 0
    while (epoch < epochs && stoppedBy === "epochs") {
      epoch += 1
      const indices = epochIndices(orderKey, epoch, rowCount, stepsPerEpoch * batchSize)
      let epochLoss = 0
      for (let done = 0; done < stepsPerEpoch;) {
        const count = Math.min(stride, stepsPerEpoch - done)
        const first = (epoch - 1) * stepsPerEpoch + done
        const rates = Array.from({ length: count }, (_, k) =>
          optimiser.rates(first + k + 1, schedule(first + k, steps)),
        )
        const before = performance.now()
        const [losses, norms] = yield* loop.run([
          {
            shape: [count, batchSize],
            dtype: "int32",
            values: indices.subarray(done * batchSize, (done + count) * batchSize),
          },
          {
            shape: [count, rateCount],
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
        const loss = (losses!.values as Float32Array).reduce((sum, l) => sum + l, 0)
        epochLoss += loss
        done += count
        const finished = first + count
        yield* tell({
          _tag: "Progress",
          step: finished,
          steps,
          epoch,
          trainLogLikelihood: -loss / count,
          gradientNorm: norms!.values.at(-1)!,
          learningRate: schedule(finished - 1, steps),
          rowsPerSecond: (1000 * count * batchSize) / elapsed,
          secondsLeft: ((performance.now() - started) / 1000 / finished) * (steps - finished),
        })
        stride = Math.max(1, Math.round((stride + (count * progressEvery) / elapsed) / 2))
      }

      const carry = yield* loop.carry
      const trained = carry[0]!
      const state = yield* gather(trained, carry[1]!)
      const scores: Array<number> = []
      for (const chunk of chunkRows(validation, 8192)) {
        const [piece] = yield* score.run([trained, state, chunk])
        scores.push(...piece!.values)
      }
      const { mean } = meanAndError(scores)
      if (mean > best.score) {
        best = {
          epoch,
          score: mean,
          params: unflattenParams(
            unflattenParams(initial, "trainable", trained.values as Float32Array),
            "state",
            state.values as Float32Array,
          ),
        }
      }
      yield* tell({
        _tag: "EpochDone",
        epoch,
        trainLogLikelihood: -epochLoss / stepsPerEpoch,
        validationLogLikelihood: mean,
        best: best.epoch === epoch,
      })
      if (epoch - best.epoch >= patience) stoppedBy = "patience"
    }

    yield* tell({
      _tag: "Done",
      params: best.params,
      epochs: epoch,
      bestEpoch: best.epoch,
      validationLogLikelihood: best.score,
      seconds: (performance.now() - started) / 1000,
      stoppedBy,
    })
  })

/**
 * Trains a density and gives its last event; see {@link fitEvents}.
 */
export const fitDensity = (
  recipe: ParametricDistribution,
  data: FitData,
  options: FitOptions = {},
): Effect.Effect<Done, FitError | BackendError, Backend> =>
  Stream.runFold(
    fitEvents(recipe, data, options),
    (): Done | undefined => undefined,
    (_, event) => (event._tag === "Done" ? event : undefined),
  ) as Effect.Effect<Done, FitError | BackendError, Backend>
