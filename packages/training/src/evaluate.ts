/**
 * Running a finished density on a backend: scoring and sampling in pieces, with bounded memory.
 */
import {
  Backend,
  type BackendError,
  type Compiled,
  foldKey,
  type HostTensor,
  instantiate,
  makeKey,
  type Parametric,
  type Params,
  type RandomKey,
  type Shape,
  type TensorFunction,
} from "@pushforward/core"
import type { Distribution, ParametricDistribution } from "@pushforward/distributions"
import { Effect, type Scope } from "effect"
import { chunkRows, type Rows } from "./rows.ts"

/** Rows in one call of the engine. */
const chunkSize = 8192

/** The log density of each row, given the contexts of a conditional density. */
export type ScoreRows = (rows: Rows, context?: Rows) => Effect.Effect<Float32Array, BackendError>

/** So many draws, given as many contexts of a conditional density. */
export type SampleRows = (
  count: number,
  key: RandomKey,
  context?: Rows,
) => Effect.Effect<Rows, BackendError>

/** A function of events of `shape`, or of noise, and of their contexts if they have any. */
const compileWith = (
  recipe: Parametric<Distribution>,
  params: Params,
  shape: Shape,
  contextShape: Shape | undefined,
  f: (
    model: Distribution,
    x: Parameters<TensorFunction>[0][number],
  ) => ReturnType<TensorFunction>[number],
): Effect.Effect<Compiled, BackendError, Backend | Scope.Scope> =>
  Effect.flatMap(Backend, (backend) =>
    backend.compile(
      ([x, context]) => [f(instantiate(recipe, params, context ? { context } : {}), x!)],
      [shape, ...(contextShape ? [contextShape] : [])].map((each) => ({
        shape: [null, ...each],
        dtype: "float32",
      })),
    ),
  )

/** Calls with one piece of rows after the other, beside as many of their contexts, and joins what comes of them. */
const runPieces = (
  compiled: Compiled,
  pieces: Iterable<HostTensor>,
  context: Rows | undefined,
): Effect.Effect<Float32Array, BackendError> =>
  Effect.gen(function* () {
    const contexts = context && chunkRows(context, chunkSize)
    const results: Array<HostTensor> = []
    for (const piece of pieces) {
      const given = contexts ? [contexts.next().value as Rows] : []
      const [result] = yield* compiled.run([piece, ...given])
      results.push(result!)
    }
    return joined(results)
  })

/** Joins results along their first axis. */
const joined = (pieces: ReadonlyArray<HostTensor>): Float32Array => {
  const values = new Float32Array(pieces.reduce((n, piece) => n + piece.values.length, 0))
  let at = 0
  for (const piece of pieces) {
    values.set(piece.values, at)
    at += piece.values.length
  }
  return values
}

/**
 * {@link scoreRows} of one density, compiled once for many calls; `contextShape` is of one row's context.
 */
export const compileScorer = (
  recipe: ParametricDistribution,
  params: Params,
  contextShape?: Shape,
): Effect.Effect<ScoreRows, BackendError, Backend | Scope.Scope> =>
  Effect.map(
    compileWith(recipe, params, recipe.eventShape, contextShape, (model, x) => model.logProb(x)),
    (compiled) => (rows, context) => runPieces(compiled, chunkRows(rows, chunkSize), context),
  )

/** The noise of so many draws, made as it is needed. */
const noiseInPieces = function* (
  recipe: ParametricDistribution,
  count: number,
  key: RandomKey,
): Generator<HostTensor> {
  for (let drawn = 0, i = 0; drawn < count; drawn += chunkSize, i++) {
    yield recipe.noise(foldKey(key, i), [Math.min(chunkSize, count - drawn)])
  }
}

/**
 * {@link sampleRows} of one density, compiled once for many calls; `contextShape` is of one row's context.
 */
export const compileSampler = (
  recipe: ParametricDistribution,
  params: Params,
  contextShape?: Shape,
): Effect.Effect<SampleRows, BackendError, Backend | Scope.Scope> =>
  Effect.map(
    compileWith(recipe, params, recipe.noise(makeKey(0), []).shape, contextShape, (model, z) =>
      model.sampleFrom(z),
    ),
    (compiled) => (count, key, context) =>
      Effect.map(runPieces(compiled, noiseInPieces(recipe, count, key), context), (values) => ({
        shape: [count, ...recipe.eventShape],
        dtype: "float32",
        values,
      })),
  )

/**
 * The log density of each row, in nats: `log p(xᵢ | cᵢ)`.
 *
 * **Details**
 *
 * - Shapes: `rows: [n, ...event]`, `context: [n, ...context]` when the density is conditional; gives `n` values
 */
export const scoreRows = (
  recipe: ParametricDistribution,
  params: Params,
  rows: Rows,
  context?: Rows,
): Effect.Effect<Float32Array, BackendError, Backend> =>
  Effect.scoped(
    Effect.flatMap(compileScorer(recipe, params, context?.shape.slice(1)), (score) =>
      score(rows, context),
    ),
  )

/**
 * Draws from a density: `count` events `[count, ...event]`, row-major. The same key gives the same draws.
 */
export const sampleRows = (
  recipe: ParametricDistribution,
  params: Params,
  count: number,
  key: RandomKey,
  context?: Rows,
): Effect.Effect<Rows, BackendError, Backend> =>
  Effect.scoped(
    Effect.flatMap(compileSampler(recipe, params, context?.shape.slice(1)), (sample) =>
      sample(count, key, context),
    ),
  )

/** The mean of log densities and its standard error, in nats: `s / √n`. */
export const meanAndError = (
  scores: ArrayLike<number>,
): { readonly mean: number; readonly standardError: number } => {
  let mean = 0
  let squares = 0
  for (let i = 0; i < scores.length; i++) {
    const delta = scores[i]! - mean
    mean += delta / (i + 1)
    squares += delta * (scores[i]! - mean)
  }
  return {
    mean,
    standardError: Math.sqrt(squares / Math.max(1, scores.length - 1) / scores.length),
  }
}
