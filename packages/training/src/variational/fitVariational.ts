import { Backend, type BackendError, chain, countParams, foldKey, makeKey } from "@pushforward/core"
import {
  type ParameterDeclarations,
  type ParameterSpace,
  parameterSpace,
  type ParametricDistribution,
} from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import { type Cause, Effect, Queue, type Scope, Stream } from "effect"
import type { CheckpointStore } from "../CheckpointStore.ts"
import { meanAndError } from "../evaluate.ts"
import { layoutFingerprint, optimiserFingerprint, scheduleFingerprint } from "../fingerprints.ts"
import { FitError } from "../FitError.ts"
import { flatModel } from "../flatModel.ts"
import { keepSnapshots } from "../keepSnapshots.ts"
import { effectiveSampleSize } from "../metrics/effectiveSampleSize.ts"
import { paretoSmoothed } from "../metrics/paretoSmoothed.ts"
import type { Optimiser } from "../Optimiser.ts"
import { adam } from "../optimisers/adam.ts"
import { resumeFrom } from "../resume.ts"
import { cosine, type Schedule } from "../schedule.ts"
import { paramsOf, vector } from "../Snapshot.ts"
import { elbo, type VariationalBound } from "./bound.ts"
import { frameBijector } from "./Frame.ts"
import { type Evaluate, locate } from "./locate.ts"
import type { Posterior } from "./Posterior.ts"
import { drawPosterior, type PosteriorFit } from "./PosteriorFit.ts"
import type { VariationalDone, VariationalEvent } from "./VariationalEvent.ts"
import { firstVariationalSnapshot, variationalFormat } from "./VariationalSnapshot.ts"
import { variationalStep } from "./variationalStep.ts"

/** How to fit a guide. Everything has a default. */
export interface VariationalOptions {
  /** Seed of the guide's initial parameters and of all noise. Default 0. */
  readonly seed?: number
  /** Default 2000. */
  readonly steps?: number
  /** Estimates of the bound in one step; each takes `bound.samples` draws. Default 128. */
  readonly estimates?: number
  /** What is maximised. Default {@link elbo}. */
  readonly bound?: VariationalBound
  /** Learning rate by step. Default: a cosine from 1e-2 after a short warm-up. */
  readonly schedule?: Schedule
  readonly optimiser?: Optimiser
  /** The gradient is scaled down to this norm when longer. Default 5. */
  readonly clipNorm?: number
  /** Draws of the fitted guide that its evidence lower bound and k̂ are computed from. Default 10,000. */
  readonly checkDraws?: number
  /** Saves the fit there now and then, and goes on from what is there. */
  readonly checkpoints?: CheckpointStore
}

/** How often progress is told, in milliseconds. */
const progressEvery = 250

/** Steps that may fail one after the other: the noise is new each time, the parameters are not. */
const patience = 20

/** Steps from one snapshot to the next. */
const snapshotEvery = 100

const badOption = (name: string, expected: string, value: number): FitError =>
  new FitError({
    reason: "BadOptions",
    problem: `${name}: expected ${expected}, got ${value}`,
    hint: `Leave ${name} out for a default.`,
  })

const checkOptions = (
  guide: ParametricDistribution,
  { freeSize }: ParameterSpace<ParameterDeclarations>,
  options: VariationalOptions,
): Effect.Effect<void, FitError> => {
  for (const name of ["steps", "estimates", "checkDraws"] as const) {
    const value = options[name]
    if (value !== undefined && !(value > 0 && Number.isInteger(value))) {
      return Effect.fail(badOption(name, "a positive whole number", value))
    }
  }
  const { clipNorm = 5 } = options
  if (!(clipNorm > 0)) return Effect.fail(badOption("clipNorm", "a positive number", clipNorm))
  const { eventShape } = guide
  if (eventShape.length !== 1 || eventShape[0] !== freeSize) {
    return Effect.fail(
      new FitError({
        reason: "BadOptions",
        problem: `guide: expected one over vectors of ${freeSize} free numbers, got ${guide.name} over [${eventShape.join(", ")}]`,
        hint: `Start it from standardNormal([${freeSize}]).`,
      }),
    )
  }
  return Effect.void
}

/**
 * Fits a guide to a posterior by variational inference, as a stream of events.
 *
 * **Details**
 *
 * - The posterior is located first: a Gaussian is fitted to it on a quasi-Newton path, and the guide works in the
 *   Gaussian's coordinates, where everything is near 0 and of size 1
 * - Then the bound is maximised by stochastic gradients through draws of the guide, which must be cheap to draw from: an
 *   inverse autoregressive flow, not a masked one
 * - The stream owns the run: interrupting it stops between two steps, saves a checkpoint if there is a place for it, and
 *   frees everything
 * - Same seed, same backend: same bits, also when the fit was stopped and went on from a checkpoint. The posterior is then
 *   located once more
 * - Fails: {@link FitError} for options that make no sense, a density that is not finite anywhere near the origin,
 *   gradients that stay not finite, or a checkpoint that cannot be used or written; {@link BackendError} when the engine
 *   fails
 *
 * @category constructors
 */
export const variationalEvents = <const P extends ParameterDeclarations>(
  posterior: Posterior<P>,
  guide: ParametricDistribution,
  options: VariationalOptions = {},
): Stream.Stream<VariationalEvent, FitError | BackendError, Backend> =>
  Stream.callback<VariationalEvent, FitError | BackendError, Backend>(
    (queue) =>
      run(posterior, guide, options, (event) => Queue.offer(queue, event)).pipe(
        Effect.andThen(Queue.end(queue as Queue.Queue<VariationalEvent, Cause.Done>)),
      ),
    { bufferSize: 16, strategy: "suspend" },
  )

/** The posterior's log density and its gradient in free numbers, on the host. */
const evaluator = (
  logDensity: (free: tf.Tensor) => tf.Tensor,
  d: number,
): Effect.Effect<Evaluate, BackendError, Backend | Scope.Scope> =>
  Effect.gen(function* () {
    const backend = yield* Backend
    const compiled = yield* backend.compile(
      ([points]) => {
        // Rows do not depend on each other, so the gradient of their sum is each row's own.
        const { value, grad } = tf.valueAndGrad(logDensity)(points!)
        return [value, grad]
      },
      [{ shape: [null, d], dtype: "float32" }],
    )
    return (points) =>
      Effect.map(
        compiled.run([
          {
            shape: [points.length, d],
            dtype: "float32",
            values: Float32Array.from(
              { length: points.length * d },
              (_, i) => points[Math.floor(i / d)]![i % d]!,
            ),
          },
        ]),
        ([values, gradients]) =>
          points.map((_, i) => ({
            value: values!.values[i]!,
            gradient: Float64Array.from(gradients!.values.subarray(i * d, (i + 1) * d)),
          })),
      )
  })

const run = <P extends ParameterDeclarations>(
  posterior: Posterior<P>,
  guide: ParametricDistribution,
  options: VariationalOptions,
  tell: (event: VariationalEvent) => Effect.Effect<unknown>,
): Effect.Effect<void, FitError | BackendError, Backend | Scope.Scope> =>
  Effect.gen(function* () {
    const space = parameterSpace(posterior.parameters)
    yield* checkOptions(guide, space, options)
    const {
      seed = 0,
      steps = 2000,
      estimates = 128,
      bound = elbo(),
      schedule = cosine(1e-2),
      optimiser = adam(),
      clipNorm = 5,
      checkDraws = 10_000,
      checkpoints,
    } = options
    const backend = yield* Backend
    const key = makeKey(seed)
    const initial = guide.init(foldKey(key, "init"))
    const parameters = countParams(initial, "trainable")
    const draws = estimates * bound.samples
    const started = performance.now()
    yield* tell({
      _tag: "Started",
      dimensions: space.freeSize,
      parameters,
      steps,
      draws,
      bound: bound.name,
      backend: backend.name,
    })

    /** The log density in coordinates that `bijector` leads to the parameters. */
    const through =
      (bijector: typeof space.bijector) =>
      (x: tf.Tensor): tf.Tensor => {
        const [values, logDet] = bijector.forwardAndLogDet(x)
        return tf.add(posterior.logDensity(space.split(values)), logDet)
      }
    const evaluate = yield* evaluator(through(space.bijector), space.freeSize)
    const located = yield* locate(evaluate, space.freeSize, foldKey(key, "locate"))
    if (!located) {
      return yield* new FitError({
        reason: "Diverged",
        problem:
          "the log density or its gradient was not finite wherever the search for the posterior went",
        hint: "Evaluate it on a few parameters by hand, and declare bounds as constraints.",
      })
    }
    const { frame } = located
    const identity = {
      guide: `${guide.name} ${layoutFingerprint(initial)}`,
      posterior: `${JSON.stringify(space.shapes)} ${[...frame.location, ...frame.scale].join(" ")}`,
      backend: backend.name,
      seed: `${seed}`,
      steps: `${steps}`,
      estimates: `${estimates}`,
      bound: `${bound.name} ${bound.pathDerivative}`,
      clipNorm: `${clipNorm}`,
      optimiser: optimiserFingerprint(optimiser),
      schedule: scheduleFingerprint(schedule, steps),
    }
    const resumed =
      checkpoints && (yield* resumeFrom(checkpoints, variationalFormat, identity, tell))
    const { latest, keep, save } = keepSnapshots(
      checkpoints,
      variationalFormat,
      identity,
      resumed,
      firstVariationalSnapshot(initial, optimiser),
    )
    const from = latest()
    yield* tell({
      _tag: "Located",
      elbo: located.elbo,
      standardError: located.standardError,
      step: from.step,
    })

    const rateCount = optimiser.rates(1, schedule(0, steps)).length
    const noiseKey = foldKey(key, "noise")
    const noiseShape = guide.noise(noiseKey, [draws]).shape
    const loop = yield* backend.loop(
      variationalStep(
        flatModel(guide, initial),
        through(chain(frameBijector(frame), space.bijector)),
        bound,
        optimiser,
        clipNorm,
      ),
      {
        carry: from.carry.map(vector),
        resident: [],
        inputs: [
          { shape: noiseShape, dtype: "float32" },
          { shape: [rateCount], dtype: "float32" },
        ],
      },
    )

    let stride = 4
    let { skipped, failing } = from
    const steppedFrom = performance.now()
    const seconds = (): number => from.seconds + (performance.now() - started) / 1000
    const climb = Effect.gen(function* () {
      for (let done = from.step; done < steps;) {
        const count = Math.min(stride, steps - done, snapshotEvery - (done % snapshotEvery))
        const noise = Array.from({ length: count }, (_, k) =>
          guide.noise(foldKey(noiseKey, done + k), [draws]),
        )
        const size = noise[0]!.values.length
        const values = new Float32Array(count * size)
        noise.forEach((piece, k) => values.set(piece.values, k * size))
        const rates = Array.from({ length: count }, (_, k) =>
          optimiser.rates(done + k + 1, schedule(done + k, steps)),
        )
        const before = performance.now()
        const [failed, bounds, norms] = yield* loop.run([
          { shape: [count, ...noiseShape], dtype: "float32", values },
          { shape: [count, rateCount], dtype: "float32", values: Float32Array.from(rates.flat()) },
        ])
        let [sum, good] = [0, 0]
        for (let k = 0; k < count; k++) {
          const bad = failed!.values[k] === 1
          failing = bad ? failing + 1 : 0
          if (bad) skipped += 1
          else {
            good += 1
            sum += bounds!.values[k]!
          }
          if (failing >= patience) {
            return yield* new FitError({
              reason: "Diverged",
              problem:
                `the bound or its gradient was not finite ${patience} times on end, up to step ${done + k + 1} (seed ${seed}); ` +
                `the bound was ${bounds!.values[k]}`,
              hint: "Lower the learning rate, or mend the log density where it is not finite.",
            })
          }
        }
        const elapsed = performance.now() - before
        done += count
        yield* tell({
          _tag: "Progress",
          step: done,
          steps,
          bound: sum / good,
          gradientNorm: norms!.values.at(-1)!,
          learningRate: schedule(done - 1, steps),
          skipped,
          secondsLeft:
            ((performance.now() - steppedFrom) / 1000 / (done - from.step)) * (steps - done),
        })
        stride = Math.max(1, Math.round((stride + (count * progressEvery) / elapsed) / 2))
        if (done < steps && done % snapshotEvery > 0) continue
        const carry = (yield* loop.carry).map(({ values: numbers }) => numbers as Float32Array)
        yield* keep({ step: done, carry, skipped, failing, seconds: seconds() })
      }
    })
    yield* climb.pipe(Effect.onInterrupt(() => Effect.ignore(save)))
    yield* save

    const [trainable, state] = latest().carry
    const params = paramsOf(initial, trainable!, state!)
    const fitted: PosteriorFit<P> = { posterior, guide, params, frame }
    const { logWeights } = yield* drawPosterior(fitted, checkDraws, foldKey(key, "check"))
    const { mean, standardError } = meanAndError(logWeights)
    yield* tell({
      _tag: "Done",
      params,
      frame,
      elbo: mean,
      standardError,
      kHat: paretoSmoothed(logWeights).kHat,
      efficiency: effectiveSampleSize(logWeights) / checkDraws,
      skipped,
      seconds: seconds(),
    })
  })

/**
 * Fits a guide to a posterior and gives what it found; see {@link variationalEvents}.
 *
 * **Example** (The scale of four numbers)
 *
 * ```ts
 * import { cpu } from "@pushforward/backend-cpu"
 * import { trainableAffine } from "@pushforward/bijectors"
 * import { constraints } from "@pushforward/core"
 * import { normal, standardNormal, transformed } from "@pushforward/distributions"
 * import { fitVariational } from "@pushforward/training"
 * import * as tf from "@tensorflow/tfjs-core"
 * import { Effect } from "effect"
 *
 * const posterior = {
 *   parameters: { sigma: constraints.positive },
 *   logDensity: ({ sigma }: { readonly sigma: tf.Tensor }) =>
 *     tf.sum(normal({ scale: tf.expandDims(sigma, 1) }).logProb(tf.tensor2d([[1, -2, 0.5, 1.5]])), 1),
 * }
 * const guide = transformed(standardNormal([1]), trainableAffine([1]))
 * const fitted = await Effect.runPromise(
 *   Effect.provide(fitVariational(posterior, guide, { steps: 50 }), cpu),
 * )
 * fitted.skipped // => 0
 * ```
 *
 * @category constructors
 */
export const fitVariational = <const P extends ParameterDeclarations>(
  posterior: Posterior<P>,
  guide: ParametricDistribution,
  options: VariationalOptions = {},
): Effect.Effect<PosteriorFit<P> & VariationalDone, FitError | BackendError, Backend> =>
  Effect.map(
    Stream.runFold(
      variationalEvents(posterior, guide, options),
      (): VariationalDone | undefined => undefined,
      (_, event) => (event._tag === "Done" ? event : undefined),
    ) as Effect.Effect<VariationalDone, FitError | BackendError, Backend>,
    (done) => ({ ...done, posterior, guide }),
  )
