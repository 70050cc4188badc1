import type { RandomKey } from "@pushforward/core"
import { Effect } from "effect"
import type { CheckpointStore } from "./CheckpointStore.ts"
import { FitError } from "./FitError.ts"
import { maximumLikelihood, type Objective } from "./objective.ts"
import type { Optimiser } from "./Optimiser.ts"
import { adam } from "./optimisers/adam.ts"
import type { RowSource } from "./RowSource.ts"
import type { Rows } from "./rows.ts"
import { cosine, type Schedule } from "./schedule.ts"

/** How to train. Everything has a default that suits the number of rows. */
export interface FitOptions {
  /** Seed of the initial parameters and the order of the rows. Default 0. */
  readonly seed?: number
  /** Passes over the training rows, at most. */
  readonly epochs?: number
  /** Rows of a step, at most all of them. Default {@link defaultBatchSize}. */
  readonly batchSize?: number
  /** Learning rate by step. Default: a cosine from {@link defaultLearningRate} after a short warm-up. */
  readonly schedule?: Schedule
  readonly optimiser?: Optimiser
  readonly objective?: Objective
  /** The gradient is scaled down to this norm when longer. Default 5. */
  readonly clipNorm?: number
  /** Stop after this many epochs without a better validation log-likelihood. Default 20. */
  readonly patience?: number
  /** `λ` of the penalty `λ Σ θ²` on all trainable values, as in the MAF paper (1e-6 there). Default 0. */
  readonly l2?: number
  /**
   * Decay of an exponential moving average of the trainable values, 0.999 say, which then is what is evaluated and kept.
   * Default 0: no average.
   */
  readonly averaging?: number
  /**
   * How often the run may go back to its last good parameters, with half the learning rate, after a loss that is not a
   * number or explodes. Default 8.
   */
  readonly recoveries?: number
  /** Saves the run there now and then, and goes on from what is there. */
  readonly checkpoints?: CheckpointStore
}

/**
 * Rows for the gradient, in memory or in chunks, and rows to choose the best epoch by.
 *
 * **Details**
 *
 * - `context`, `validationContext`: what each row is conditioned on, `[n, ...context]`, for a density with a context; in
 *   chunks of the same sizes where the rows come in chunks
 * - `weights`, `validationWeights`: how much each row counts, on any scale; without them all count alike
 * - `augment(rows, key)`: changes the rows of a batch, `[batch, ...event]`, each time they are drawn, by noise of
 *   the key: dequantisation, say. A pure function
 * - `rowNumbers`, `columns`, `contextColumns`: how people call the training rows and the columns, for messages
 *
 * @category models
 */
export interface FitData<E = never> {
  readonly train: Rows | RowSource<E>
  readonly validation: Rows
  readonly context?: Rows | RowSource<E>
  readonly validationContext?: Rows
  readonly weights?: ArrayLike<number>
  readonly validationWeights?: ArrayLike<number>
  readonly augment?: (rows: Rows, key: RandomKey) => Rows
  readonly rowNumbers?: ArrayLike<number>
  readonly columns?: ReadonlyArray<string>
  readonly contextColumns?: ReadonlyArray<string>
}

/** The default batch: a fortieth of the rows as a power of two, from 32 to 256. */
export const defaultBatchSize = (rows: number): number =>
  Math.min(rows, 2 ** Math.min(8, Math.max(5, Math.floor(Math.log2(rows / 40)))))

/**
 * The default learning rate: 1e-3 up to 2,000 rows, rising with them to 1e-2 from 20,000. Small tables are learnt by heart
 * at higher rates, large ones are not learnt to the end at lower ones.
 */
export const defaultLearningRate = (rows: number): number =>
  1e-3 * Math.min(10, Math.max(1, rows / 2000))

/** The default number of epochs: about 10,000 steps, from 5 to 200 epochs. */
export const defaultEpochs = (rows: number, batchSize: number): number =>
  Math.min(200, Math.max(5, Math.ceil(10_000 / Math.ceil(rows / batchSize))))

/** Options with nothing left open. */
export type Resolved = Required<Omit<FitOptions, "checkpoints">> & Pick<FitOptions, "checkpoints">

const positiveInteger = {
  expected: "a positive whole number",
  holds: (value: number) => Number.isInteger(value) && value > 0,
}
const requirements = {
  epochs: positiveInteger,
  batchSize: positiveInteger,
  patience: positiveInteger,
  clipNorm: { expected: "a positive number", holds: (value: number) => value > 0 },
  l2: { expected: "a number from 0", holds: (value: number) => value >= 0 && value < Infinity },
  averaging: {
    expected: "a number from 0 to below 1",
    holds: (value: number) => value >= 0 && value < 1,
  },
  recoveries: {
    expected: "a whole number from 0",
    holds: (value: number) => Number.isInteger(value) && value >= 0,
  },
}

/** The options for so many training rows; fails for what makes no sense. */
export const resolveOptions = (
  options: FitOptions,
  rows: number,
  validationRows: number,
): Effect.Effect<Resolved, FitError> => {
  const wrong = Object.entries(requirements).find(([name, { holds }]) => {
    const value = options[name as keyof typeof requirements]
    return value !== undefined && !holds(value)
  })
  if (wrong) {
    const [name, { expected }] = wrong
    return Effect.fail(
      new FitError({
        reason: "BadOptions",
        problem: `${name}: expected ${expected}, got ${options[name as keyof typeof requirements]}`,
        hint: `Leave ${name} out for a default that suits the data.`,
      }),
    )
  }
  if (rows < 2 || validationRows < 1) {
    return Effect.fail(
      new FitError({
        reason: "TooFewRows",
        problem: `expected at least 2 training rows and 1 validation row, got ${rows} and ${validationRows}`,
        hint: "Add rows, or move some from one part to the other.",
      }),
    )
  }
  const batchSize = Math.min(options.batchSize ?? defaultBatchSize(rows), rows)
  const {
    seed = 0,
    epochs = defaultEpochs(rows, batchSize),
    schedule = cosine(defaultLearningRate(rows)),
    optimiser = adam(),
    objective = maximumLikelihood,
    clipNorm = 5,
    patience = 20,
    l2 = 0,
    averaging = 0,
    recoveries = 8,
    checkpoints,
  } = options
  return Effect.succeed({
    seed,
    batchSize,
    epochs,
    schedule,
    optimiser,
    objective,
    clipNorm,
    patience,
    l2,
    averaging,
    recoveries,
    ...(checkpoints && { checkpoints }),
  })
}
