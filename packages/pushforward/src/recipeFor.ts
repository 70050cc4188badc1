import { cosine, defaultLearningRate, type FitOptions } from "@pushforward/training"
import type { NestedSpec } from "@pushforward/core"
import type { Flow } from "./FittedModel.ts"

/** What a recipe goes by. */
export interface TableTraits {
  readonly columns: number
  /** Of the training part. */
  readonly rows: number
  /** How many columns the density is conditioned on. */
  readonly given: number
  readonly nearGaussian: boolean
  /** The largest magnitude of a training row's elements in the flow's units. */
  readonly farthest: number
}

/** A flow and how it is trained. */
export interface Recipe {
  readonly flow: Flow
  readonly training: Pick<FitOptions, "averaging" | "l2" | "epochs" | "schedule">
}

/** Where splines end, in deviations of a column. */
const bound = 4

/** Rows that a flow of splines is trained with, over all epochs. */
const splineRows = 1e6

/** The highest learning rate of splines: at higher ones their bins do not settle. */
const splineRate = 4e-3

/** Next to the base: a skewness and a weight of the tails for each element, which affine layers are slow to find. */
const bent: NestedSpec = { _tag: "elementwise", transformer: { _tag: "sinh-arcsinh" } }

/** From so many deviations on a row is an outlier: a normal has one in fifty thousand columns of ten thousand rows. */
const outlying = 6

/** One column: a masked autoregressive flow over it would only be affine, but for its context. */
const conditional = (transformer: NestedSpec): NestedSpec => ({
  _tag: "chain",
  layers: [{ _tag: "masked-autoregressive", transformer }, { _tag: "masked-autoregressive" }],
})

/**
 * The default recipe.
 *
 * **Details**
 *
 * - Conditional densities: affine layers, a spline for one column, and training's own defaults
 * - Rows near a Gaussian: a masked autoregressive flow of affine layers, on a sinh-arcsinh normal unless there are
 *   outliers, whose place it moves too far. All of it starts where the Gaussian is
 * - Other rows: one of splines, which take to edges, gaps and peaks; one column gets a spline of its own
 * - The penalty `λ` is the logarithm of a normal prior on the trainable values spread over the `n` rows: `8/n`, of deviation
 *   ¼, or `1/n`, of 0.7, for splines, whose sharp bins take larger values. It keeps a flow simple where rows are few
 * - The average over about 200 steps forgets what the last batches did
 * - Splines cost more than twice as much a step: they get a million rows in all, from 5 to 200 epochs, and a learning rate
 *   of 4e-3 at most
 */
export const recipeFor = ({
  columns,
  rows,
  given,
  nearGaussian,
  farthest,
}: TableTraits): Recipe => {
  const spline = { _tag: "rational-quadratic-spline", bins: 16 }
  if (given > 0) return { flow: columns > 1 ? "maf" : conditional(spline), training: {} }
  const averaging = 0.995
  if (columns > 1 && nearGaussian) {
    return {
      flow: farthest < outlying ? { _tag: "chain", layers: [bent, { _tag: "maf" }] } : "maf",
      training: { averaging, l2: 8 / rows },
    }
  }
  const transformer = { ...spline, bound }
  return {
    flow:
      columns === 1
        ? { _tag: "chain", layers: [transformer, { _tag: "affine" }] }
        : { _tag: "maf", layers: 2, transformer },
    training: {
      averaging,
      l2: 1 / rows,
      epochs: Math.min(200, Math.max(5, Math.ceil(splineRows / rows))),
      schedule: cosine(Math.min(splineRate, defaultLearningRate(rows))),
    },
  }
}
