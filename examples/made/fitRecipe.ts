import { madeBernoulli, madeCategorical } from "@pushforward/made"
import {
  type CheckpointStore,
  type FitEvent,
  fitEvents,
  meanAndError,
  type Rows,
  scoreRows,
} from "@pushforward/training"
import { Effect, Stream } from "effect"
import type { BinarySets } from "./binaryRows.ts"
import { lettersOf } from "./letters.ts"
import type { Recipe } from "./recipes.ts"

/** How a run goes, apart from its recipe. */
export interface RunOptions {
  readonly seed: number
  readonly checkpoints?: CheckpointStore
  /** Is told of every epoch. */
  readonly follow?: (event: FitEvent) => void
}

/** What a recipe comes to on a data set. */
export interface Result {
  readonly validation: number
  readonly test: { readonly mean: number; readonly standardError: number }
  readonly bestEpoch: number
  /** Of one core, since the run began or went on from a checkpoint. */
  readonly minutes: number
}

/** Trains by a recipe, takes the epoch with the best validation likelihood, and only then looks at the test rows. */
export const fitRecipe = (
  { network, letters, fit }: Pick<Recipe, "network" | "letters" | "fit">,
  sets: BinarySets,
  { follow = () => {}, ...options }: RunOptions,
) =>
  Effect.gen(function* () {
    const before = process.cpuUsage()
    const read = (rows: Rows): Rows => (letters ? lettersOf(rows) : rows)
    const data = { train: read(sets.train), validation: read(sets.validation) }
    const given = { ...network, size: data.train.shape[1]!, seed: options.seed }
    const density = letters ? madeCategorical({ ...given, categories: 4 }) : madeBernoulli(given)
    const done = yield* fitEvents(density, data, { ...fit, ...options }).pipe(
      Stream.tap((event) => Effect.sync(() => follow(event))),
      Stream.filter((event) => event._tag === "Done"),
      Stream.runCollect,
      Effect.map((events) => events[0]!),
    )
    const scores = yield* scoreRows(density, done.params, read(sets.test))
    const { user, system } = process.cpuUsage(before)
    const result: Result = {
      validation: done.validationLogLikelihood,
      test: meanAndError(scores),
      bestEpoch: done.bestEpoch,
      minutes: (user + system) / 60e6,
    }
    return result
  })
