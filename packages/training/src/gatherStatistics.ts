import {
  Backend,
  type BackendError,
  countParams,
  flattenParams,
  type HostTensor,
  makeKey,
  mapParams,
  paramLeaves,
  type Params,
  unflattenParams,
} from "@pushforward/core"
import type { Distribution, ParametricDistribution } from "@pushforward/distributions"
import { Effect, type Scope } from "effect"
import { type FlatModel, flatModel } from "./flatModel.ts"
import { type RowSource, sourceOfRows } from "./RowSource.ts"
import { chunkRows, type Rows } from "./rows.ts"
import { vector } from "./Snapshot.ts"

/** Rows in one piece, at most. */
const pieceSize = 8192

/** From flat trainable values and state to the state with gathered statistics. */
export type Gather<E> = (
  trainable: HostTensor,
  state: HostTensor,
) => Effect.Effect<HostTensor, BackendError | E>

/**
 * Makes the pass over the training rows ready, for parameters like `like`, whose gathered leaves have seen nothing yet.
 * Without such leaves the state stays. Pieces are as even as they come: a last piece of one row would have no variance.
 */
export const prepareGather = <E>(
  model: FlatModel<Distribution>,
  like: Params,
  source: RowSource<E>,
  context: RowSource<E> | undefined,
): Effect.Effect<Gather<E>, BackendError, Backend | Scope.Scope> =>
  Effect.gen(function* () {
    if (!paramLeaves(like).some(([, leaf]) => leaf.gathered)) {
      return (_, state) => Effect.succeed(state)
    }
    const backend = yield* Backend
    const compiled = yield* backend.compile(
      ([trainable, state, x, given]) => [
        model.gather(trainable!, state!, given ? { context: given } : {}, (density) => {
          density.logProb(x!)
        }),
      ],
      [
        { shape: [countParams(like, "trainable")], dtype: "float32" },
        { shape: [countParams(like, "state")], dtype: "float32" },
        ...[source, ...(context ? [context] : [])].map(
          ({ eventShape }) => ({ shape: [null, ...eventShape], dtype: "float32" }) as const,
        ),
      ],
    )
    return (trainable, state) =>
      Effect.gen(function* () {
        let gathered = state
        for (const [chunk, count] of source.chunkSizes.entries()) {
          const rows = yield* source.read(chunk)
          const size = Math.ceil(count / Math.ceil(count / pieceSize))
          const contexts = context && chunkRows(yield* context.read(chunk), size)
          for (const piece of chunkRows(rows, size)) {
            const given = contexts ? [contexts.next().value as Rows] : []
            gathered = (yield* compiled.run([trainable, gathered, piece, ...given]))[0]!
          }
        }
        return gathered
      })
  })

/**
 * Gives layers the statistics of all training rows, as `batchNorm` with `statistics: "training-set"` asks for: one pass
 * over the rows, in pieces of up to 8192. `fit` does this before each evaluation; use it in a loop of your own.
 *
 * **Details**
 *
 * - Layers further from the data see each piece as the layers before them give it, normalised by that piece
 * - Parameters without such layers come back as they are
 * - `context`: what each row is conditioned on, of a conditional density
 *
 * **Example** (A mean and a variance)
 *
 * ```ts
 * import { cpu } from "@pushforward/backend-cpu"
 * import { batchNorm } from "@pushforward/bijectors"
 * import { makeKey, paramLeaves } from "@pushforward/core"
 * import { standardNormal, transformed } from "@pushforward/distributions"
 * import { gatherStatistics } from "@pushforward/training"
 * import { Effect } from "effect"
 *
 * const density = transformed(standardNormal([1]), batchNorm([1], { statistics: "training-set" }))
 * const rows = { shape: [4, 1], dtype: "float32", values: Float32Array.of(1, 2, 3, 6) } as const
 * const gathered = gatherStatistics(density, density.init(makeKey(0)), rows)
 * const params = await Effect.runPromise(Effect.provide(gathered, cpu))
 * const values = new Map(paramLeaves(params).map(([path, leaf]) => [path.at(-1), leaf.values]))
 * values.get("mean") // => [3]
 * values.get("variance") // => [3.5]
 * ```
 */
export const gatherStatistics = (
  recipe: ParametricDistribution,
  params: Params,
  rows: Rows,
  context?: Rows,
): Effect.Effect<Params, BackendError, Backend> =>
  Effect.scoped(
    Effect.gen(function* () {
      // A pass begins with nothing seen, whatever an earlier one has left.
      const fresh = new Map(
        paramLeaves(recipe.init(makeKey(0))).map(([path, leaf]) => [path.join("/"), leaf]),
      )
      const begin = mapParams(params, (leaf, path) =>
        leaf.gathered ? fresh.get(path.join("/"))! : leaf,
      )
      const gather = yield* prepareGather(
        flatModel(recipe, begin),
        begin,
        sourceOfRows(rows),
        context && sourceOfRows(context),
      )
      const state = yield* gather(
        vector(flattenParams(begin, "trainable")),
        vector(flattenParams(begin, "state")),
      )
      return unflattenParams(begin, "state", state.values as Float32Array)
    }),
  )
