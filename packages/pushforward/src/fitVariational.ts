/**
 * Variational inference with promises, for people who do not use Effect.
 */
import { makeKey } from "@pushforward/core"
import { type Named, type ParameterDeclarations, parameterSpace } from "@pushforward/distributions"
import {
  drawPosterior,
  type Moments,
  type MomentsOptions,
  type Posterior,
  type PosteriorDraws,
  type PosteriorFit,
  posteriorMoments,
  type VariationalDone,
  type VariationalEvent,
  variationalEvents,
  type VariationalOptions,
} from "@pushforward/training"
import { Effect, Stream } from "effect"
import { checkpointsIn, type Environment, runtimeOf } from "./facade.ts"
import { type Flow, resolveFlow } from "./FittedModel.ts"
import { type Running, running } from "./running.ts"

/** How to fit a posterior. */
export interface FitVariationalOptions
  extends Omit<VariationalOptions, "checkpoints">, Environment {
  /**
   * The guide's flow, from a standard normal to free numbers: a plugin's tag, a spec, or a bijector composed in code. It
   * should be cheap forward. Default: an inverse autoregressive flow of three layers.
   */
  readonly guide?: Flow
  /**
   * A folder (Node) where the fit is saved now and then, and when it is stopped. The same fit with the same folder goes on
   * there, to the same guide as if it had never been stopped.
   */
  readonly checkpoint?: string
  /** Stops the fit; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a variational fit tells while it runs; the last event is for `await`. */
export type VariationalRunEvent = Exclude<VariationalEvent, VariationalDone>

/**
 * A posterior with a fitted guide. Nothing to dispose of.
 *
 * @category models
 */
export interface FittedPosterior<P extends ParameterDeclarations> {
  /** How the fit went: evidence lower bound, k̂, seconds. */
  readonly record: Omit<VariationalDone, "_tag" | "params" | "frame">
  /** The fit as a plain value, for the functions of `@pushforward/training`. */
  readonly fit: PosteriorFit<P>
  /** `count` draws by name, with their log weights; the same seed gives the same draws. */
  readonly sample: (
    count: number,
    options?: { readonly seed?: number },
  ) => Promise<PosteriorDraws<P>>
  /** Mean and standard deviation of every parameter, from `count` draws (default 20,000). */
  readonly moments: (
    options?: MomentsOptions & { readonly count?: number; readonly seed?: number },
  ) => Promise<Named<P, Moments>>
}

/** A variational fit under way: `await` it for the posterior, or iterate it for its events first. */
export type VariationalRun<P extends ParameterDeclarations> = Running<
  VariationalRunEvent,
  FittedPosterior<P>
>

const defaultGuide = { _tag: "iaf", layers: 3, hidden: [32, 32] } as const

/**
 * Fits a flow to a posterior that is known up to a constant.
 *
 * **Details**
 *
 * - `await fitVariational(posterior)` gives the fitted posterior; `for await (const event of run)` tells how it goes
 * - Parameters are declared with their constraints; `logDensity` is written in their own units, without Jacobians
 * - Rejects with tagged errors (`_tag`: `SpecError`, `FitError`, `BackendError`)
 *
 * **Example** (The probability behind 7 of 10)
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core"
 * import { constraints, fitVariational } from "pushforward"
 *
 * const run = fitVariational(
 *   {
 *     parameters: { p: constraints.unitInterval },
 *     logDensity: ({ p }) => tf.add(tf.mul(7, tf.log(p)), tf.mul(3, tf.log1p(tf.neg(p)))),
 *   },
 *   { steps: 200, backend: "cpu" },
 * )
 * const posterior = await run
 * const { p } = await posterior.moments()
 * Math.abs(p.mean[0]! - 8 / 12) < 0.01 // => true
 * ```
 *
 * @category constructors
 */
export const fitVariational = <const P extends ParameterDeclarations>(
  posterior: Posterior<P>,
  options: FitVariationalOptions = {},
): VariationalRun<P> => {
  const {
    guide: flow = defaultGuide,
    signal,
    backend,
    plugins,
    checkpoint,
    ...fitOptions
  } = options
  const runtime = runtimeOf({ ...(backend && { backend }), ...(plugins && { plugins }) })
  const wrap = (fit: PosteriorFit<P>, done: VariationalDone): FittedPosterior<P> => {
    const { elbo, standardError, kHat, efficiency, skipped, seconds } = done
    const sample: FittedPosterior<P>["sample"] = (count, { seed = 0 } = {}) =>
      runtime.runPromise(drawPosterior(fit, count, makeKey(seed)))
    return {
      record: { elbo, standardError, kHat, efficiency, skipped, seconds },
      fit,
      sample,
      moments: async ({ count = 20_000, seed = 0, ...how } = {}) =>
        posteriorMoments(await sample(count, { seed }), how),
    }
  }
  return running((tell) =>
    runtime
      .runPromise(
        Effect.gen(function* () {
          const { freeSize } = parameterSpace(posterior.parameters)
          const { density: guide } = yield* resolveFlow(flow, freeSize)
          const checkpoints = yield* checkpointsIn(checkpoint)
          return yield* Stream.runFold(
            variationalEvents(posterior, guide, {
              ...fitOptions,
              ...(checkpoints && { checkpoints }),
            }),
            (): FittedPosterior<P> | undefined => undefined,
            (fitted, event) => {
              if (event._tag === "Done") {
                const { params, frame } = event
                return wrap({ posterior, guide, params, frame }, event)
              }
              tell(event)
              return fitted
            },
          )
        }),
        signal && { signal },
      )
      .then(
        (fitted) => fitted!,
        (error: unknown) => {
          throw signal?.aborted ? signal.reason : error
        },
      ),
  )
}
