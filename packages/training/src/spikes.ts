import { Backend, type BackendError, countParams } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import type { Notice } from "./FitEvent.ts"
import type { Plan } from "./plan.ts"
import { takeRows } from "./rows.ts"
import { type Snapshot, vector } from "./Snapshot.ts"

/** Rows that are looked at, at most. */
const looked = 512

/** A density that changes on less than this share of a column's width, on average, has a spike there. */
const sharp = 1 / 100

/** How far above independent normal columns a likelihood must climb before it is looked into, in nats. */
const suspicious = (dimensions: number): number => 3 + dimensions / 4

/** After a look without a finding, how much further it must climb before the next. */
const further = 5

/**
 * Watches for a likelihood that climbs without end: a column of few different values, or one that others determine, lets a
 * density grow into a spike of any height. The columns are those along which the log density is steepest:
 *
 * - `1 / (σⱼ √mean((∂ log p / ∂xⱼ)²))`, the share of column `j`'s width on which the density changes
 *
 * @returns what to tell after an epoch with this mean log-likelihood of the training rows; each column once
 */
export const watchSpikes = <E>(
  plan: Plan<E>,
): Effect.Effect<
  (
    after: Snapshot,
    trainLogLikelihood: number,
  ) => Effect.Effect<Notice | undefined, BackendError, Backend>,
  E
> =>
  Effect.gen(function* () {
    const { source, context, dimensions, names } = plan
    const first = yield* source.read(0)
    const count = Math.min(looked, first.shape[0]!)
    const places = Array.from({ length: count }, (_, i) =>
      Math.floor((i * first.shape[0]!) / count),
    )
    const rows = takeRows(first, places)
    const contexts = context ? [takeRows(yield* context.read(0), places)] : []
    const deviations = deviationsOf(rows.values, dimensions)
    const normal = deviations.reduce(
      (sum, deviation) => sum - 0.5 * Math.log(2 * Math.PI * Math.E) - Math.log(deviation || 1),
      0,
    )
    const told = new Set<number>()
    let from = normal + suspicious(dimensions)
    return ({ carry }, trainLogLikelihood) =>
      Effect.scoped(
        Effect.gen(function* () {
          if (trainLogLikelihood < from) return undefined
          from = trainLogLikelihood + further
          const backend = yield* Backend
          const slopes = yield* backend.compile(
            ([trainable, state, x, given]) => [
              tf.grad((at) =>
                tf.sum(
                  plan.model.build(trainable!, state!, given ? { context: given } : {}).logProb(at),
                ),
              )(x!),
            ],
            [
              { shape: [plan.parameters], dtype: "float32" },
              { shape: [countParams(plan.initial, "state")], dtype: "float32" },
              ...[rows, ...contexts].map(({ shape }) => ({ shape, dtype: "float32" }) as const),
            ],
          )
          const [slope] = yield* slopes.run([
            vector(carry[0]!),
            vector(carry[1]!),
            rows,
            ...contexts,
          ])
          const found = deviations.flatMap((deviation, j) => {
            let squares = 0
            for (let i = j; i < slope!.values.length; i += dimensions)
              squares += slope!.values[i]! ** 2
            const share = 1 / (deviation * Math.sqrt(squares / count))
            return share < sharp && !told.has(j) ? [{ j, share }] : []
          })
          if (found.length === 0) return undefined
          for (const { j } of found) told.add(j)
          const columns = found.map(({ j }) => names.columns?.[j] ?? `${j}`)
          const narrowest = Math.min(...found.map(({ share }) => share))
          return {
            _tag: "Notice",
            about: "Spike",
            problem:
              `the density grows into a spike along ${columns.length === 1 ? "column" : "columns"} ` +
              `${columns.slice(0, 5).join(", ")}${columns.length > 5 ? ` and ${columns.length - 5} more` : ""}: ` +
              `it changes on ${narrowest.toPrecision(2)} of the column's width, and its likelihood means little`,
            hint: "Look for ties, copied rows, or columns that others determine: break ties with noise, or leave such columns out",
            columns,
          }
        }),
      )
  })

const deviationsOf = (values: Float32Array, width: number): ReadonlyArray<number> => {
  const count = values.length / width
  return Array.from({ length: width }, (_, j) => {
    let [mean, squares] = [0, 0]
    for (let i = 0; i < count; i++) {
      const delta = values[i * width + j]! - mean
      mean += delta / (i + 1)
      squares += delta * (values[i * width + j]! - mean)
    }
    return Math.sqrt(squares / count)
  })
}
