import {
  Backend,
  type BackendError,
  type Compiled,
  countParams,
  foldKey,
  type HostTensor,
  type Loop,
  makeKey,
  type Params,
  type RandomKey,
  sizeOf,
  uniformValues,
} from "@pushforward/core"
import type { Distribution, ParametricDistribution } from "@pushforward/distributions"
import { Effect, Scope } from "effect"
import { type Batches, shuffledBatches } from "./batches.ts"
import type { FitIdentity } from "./Checkpoint.ts"
import { checkContext } from "./context.ts"
import { crc32Of } from "./crc32.ts"
import { layoutFingerprint, optimiserFingerprint, scheduleFingerprint } from "./fingerprints.ts"
import { FitError } from "./FitError.ts"
import { type FitData, type FitOptions, type Resolved, resolveOptions } from "./FitOptions.ts"
import { type FlatModel, flatModel } from "./flatModel.ts"
import { type Gather, prepareGather } from "./gatherStatistics.ts"
import { isSource, type RowSource, sourceOfRows } from "./RowSource.ts"
import type { Rows } from "./rows.ts"
import { ratesAt } from "./rates.ts"
import { type Snapshot, vector } from "./Snapshot.ts"
import { trainingStep } from "./trainingStep.ts"
import { scaledWeights } from "./weights.ts"

/** Rows that are held in memory and shuffled together, at least, where they come in chunks. */
const windowRows = 65_536

/** A fit that is ready to run: everything that stays the same from the first step to the last. */
export interface Plan<E> {
  readonly recipe: ParametricDistribution
  readonly initial: Params
  readonly model: FlatModel<Distribution>
  readonly source: RowSource<E>
  readonly validation: Rows
  /** What the rows are conditioned on, for a density with a context. */
  readonly context: RowSource<E> | undefined
  readonly validationContext: Rows | undefined
  readonly validationWeights: Float32Array | undefined
  readonly names: Pick<FitData, "rowNumbers" | "columns" | "contextColumns">
  readonly batches: Batches<E>
  readonly options: Resolved
  /** Over all epochs. */
  readonly steps: number
  readonly parameters: number
  /** Numbers in an event. */
  readonly dimensions: number
  readonly backend: string
  /**
   * What the loop takes for `count` steps from `step`, counted from 0, within one epoch: rows, rates, numbers of chance,
   * contexts and weights if there are any; and which rows they are.
   */
  readonly inputsAt: (
    step: number,
    count: number,
    run: Pick<Snapshot, "validations" | "recoveries">,
  ) => Effect.Effect<
    { readonly inputs: ReadonlyArray<HostTensor>; readonly indices: Int32Array },
    E
  >
  /** Opens the training loop at a snapshot. */
  readonly openLoop: (from: Snapshot) => Effect.Effect<Loop, BackendError, Scope.Scope>
  /** The state with the statistics of all training rows, for layers that have them. */
  readonly gather: Gather<E>
  /** The log density of rows, compiled when it is first needed: trainable values, state, rows, their contexts. */
  readonly score: Effect.Effect<Compiled, BackendError>
  readonly identity: () => FitIdentity
}

const asSource = <E>(rows: Rows | RowSource<E>): RowSource<E> =>
  isSource(rows) ? rows : sourceOfRows(rows)

/** Prepares a fit on the backend. */
export const planOf = <E>(
  recipe: ParametricDistribution,
  data: FitData<E>,
  given: FitOptions,
): Effect.Effect<Plan<E>, FitError | BackendError, Backend | Scope.Scope> =>
  Effect.gen(function* () {
    const { validation, validationContext } = data
    const source = asSource(data.train)
    const context = data.context && asSource(data.context)
    yield* checkContext(
      recipe,
      { train: source, validation },
      { train: context, validation: validationContext },
    )
    const options = yield* resolveOptions(given, source.count, validation.shape[0]!)
    const { seed, batchSize, epochs, schedule, optimiser, objective } = options
    const weights = yield* scaledWeights("weights", data.weights, source.count)
    const validationWeights = yield* scaledWeights(
      "validationWeights",
      data.validationWeights,
      validation.shape[0]!,
    )
    yield* checkNumbers("validation row", validation, data.columns)
    if (validationContext) {
      yield* checkNumbers("the context of validation row", validationContext, data.contextColumns)
    }
    const backend = yield* Backend
    const key = makeKey(seed)
    const initial = recipe.init(foldKey(key, "init"))
    const model = flatModel(recipe, initial)
    const batches = shuffledBatches(source, foldKey(key, "order"), batchSize, windowRows, context)
    const augmentKey = foldKey(key, "augment")
    const noiseKey = foldKey(key, "noise")
    const steps = epochs * batches.stepsPerEpoch
    const parameters = countParams(initial, "trainable")
    if (parameters === 0) {
      return yield* new FitError({
        reason: "BadOptions",
        problem: `${recipe.name} has no trainable values`,
        hint: "Choose another flow, or put one that has some into a chain with it.",
      })
    }
    const rateCount = ratesAt(options, 0, steps, { validations: [], recoveries: 0 }).length
    const scope = yield* Effect.scope
    const score = yield* Effect.cached(
      Effect.provideService(
        backend.compile(
          ([trainable, state, x, c]) => [
            model.build(trainable!, state!, c ? { context: c } : {}).logProb(x!),
          ],
          [
            { shape: [parameters], dtype: "float32" },
            { shape: [countParams(initial, "state")], dtype: "float32" },
            ...[validation, ...(validationContext ? [validationContext] : [])].map(
              ({ shape }) => ({ shape: [null, ...shape.slice(1)], dtype: "float32" }) as const,
            ),
          ],
        ),
        Scope.Scope,
        scope,
      ),
    )
    return {
      recipe,
      initial,
      model,
      source,
      validation,
      context,
      validationContext,
      validationWeights,
      names: data,
      batches,
      options,
      steps,
      parameters,
      dimensions: sizeOf(source.eventShape),
      backend: backend.name,
      gather: yield* prepareGather(model, initial, source, context),
      score,
      openLoop: (from) =>
        backend.loop(trainingStep(model, { ...options, conditional: context !== undefined }), {
          carry: from.carry.map(vector),
          resident: [],
          inputs: [
            { shape: [batchSize, ...source.eventShape], dtype: "float32" },
            { shape: [rateCount], dtype: "float32" },
            { shape: [2], dtype: "float32" },
            ...(context
              ? [{ shape: [batchSize, ...context.eventShape], dtype: "float32" } as const]
              : []),
            ...(weights ? [{ shape: [batchSize], dtype: "float32" } as const] : []),
          ],
        }),
      inputsAt: (step, count, state) =>
        Effect.gen(function* () {
          const { stepsPerEpoch } = batches
          const epoch = Math.floor(step / stepsPerEpoch) + 1
          const taken = yield* batches.take(epoch, step % stepsPerEpoch, count)
          const { indices } = taken
          const rows = data.augment
            ? augmented(data.augment, taken.rows, augmentKey, step)
            : taken.rows
          const rates = Array.from({ length: count }, (_, k) =>
            ratesAt(options, step + k, steps, state),
          )
          const inputs: ReadonlyArray<HostTensor> = [
            rows,
            {
              shape: [count, rateCount],
              dtype: "float32",
              values: Float32Array.from(rates.flat()),
            },
            {
              shape: [count, 2],
              dtype: "float32",
              values: Float32Array.from(
                rates.flatMap((_, k) => [...uniformValues(foldKey(noiseKey, step + k), 2)]),
              ),
            },
            ...(taken.context ? [taken.context] : []),
            ...(weights
              ? [
                  {
                    shape: [count, batchSize],
                    dtype: "float32",
                    values: Float32Array.from(indices, (row) => weights[row]!),
                  } as const,
                ]
              : []),
          ]
          return { inputs, indices }
        }),
      identity: () => ({
        density: `${recipe.name} ${layoutFingerprint(initial)}`,
        "training rows": source.fingerprint(),
        "validation rows": sourceOfRows(validation).fingerprint(),
        context: `${context?.fingerprint()}`,
        "validation context": `${validationContext && sourceOfRows(validationContext).fingerprint()}`,
        backend: backend.name,
        seed: `${seed}`,
        epochs: `${epochs}`,
        batchSize: `${batchSize}`,
        clipNorm: `${options.clipNorm}`,
        patience: `${options.patience}`,
        l2: `${options.l2}`,
        averaging: `${options.averaging}`,
        recoveries: `${options.recoveries}`,
        weights: `${weights && crc32Of(weights)} ${validationWeights && crc32Of(validationWeights)}`,
        objective: objective.name,
        optimiser: optimiserFingerprint(optimiser),
        schedule: scheduleFingerprint(schedule, steps),
      }),
    } satisfies Plan<E>
  })

/** Rows with the noise of their steps, each step's from its own key. */
const augmented = (
  augment: NonNullable<FitData["augment"]>,
  { shape, values }: Rows,
  key: RandomKey,
  first: number,
): Rows => {
  const [count, ...of] = shape as [number, ...Array<number>]
  const size = values.length / count
  const changed = new Float32Array(values.length)
  for (let k = 0; k < count; k++) {
    const rows: Rows = {
      shape: of,
      dtype: "float32",
      values: values.subarray(k * size, (k + 1) * size),
    }
    changed.set(augment(rows, foldKey(key, first + k)).values, k * size)
  }
  return { shape, dtype: "float32", values: changed }
}

/** Refuses validation rows with something that is no number: every score would be none. */
const checkNumbers = (
  what: string,
  { values, shape }: Rows,
  columns: ReadonlyArray<string> | undefined,
): Effect.Effect<void, FitError> => {
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return Effect.void
  const width = values.length / shape[0]!
  const column = columns?.[at % width] ?? at % width
  return Effect.fail(
    new FitError({
      reason: "Diverged",
      problem: `${what} ${Math.floor(at / width)} is no number in column ${column}`,
      hint: "Remove that row or fill it.",
    }),
  )
}
