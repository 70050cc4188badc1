import { sameShape, type Shape, showShape } from "@pushforward/core"
import type { ParametricDistribution } from "@pushforward/distributions"
import { Effect } from "effect"
import { FitError } from "./FitError.ts"
import type { RowSource } from "./RowSource.ts"
import type { Rows } from "./rows.ts"

/** What rows are conditioned on has to agree with the density and with the rows. */
export const checkContext = <E>(
  { name, contextShape }: ParametricDistribution,
  rows: { readonly train: RowSource<E>; readonly validation: Rows },
  contexts: { readonly train: RowSource<E> | undefined; readonly validation: Rows | undefined },
): Effect.Effect<void, FitError> => {
  const refuse = (problem: string, hint: string): Effect.Effect<void, FitError> =>
    Effect.fail(new FitError({ reason: "BadOptions", problem, hint }))
  const parts: ReadonlyArray<readonly [string, number, Shape | undefined]> = [
    ["context", rows.train.count, contexts.train && shapeOf(contexts.train)],
    ["validationContext", rows.validation.shape[0]!, contexts.validation?.shape],
  ]
  for (const [option, count, shape] of parts) {
    if (contextShape === undefined) {
      if (shape === undefined) continue
      return refuse(
        `${option}: the density ${name} takes none`,
        "Leave it out, or give a density that takes one: a masked autoregressive flow with a contextSize.",
      )
    }
    const expected = [count, ...contextShape]
    if (shape === undefined || !sameShape(shape, expected)) {
      return refuse(
        `${option}: the density ${name} takes one of shape ${showShape(expected)}, got ${shape ? showShape(shape) : "none"}`,
        "Give a row of context for each row, as wide as the density takes it.",
      )
    }
  }
  if (contexts.train && !sameShape(contexts.train.chunkSizes, rows.train.chunkSizes)) {
    return refuse(
      "context: its chunks have other sizes than those of the rows",
      "Cut both tables at the same rows.",
    )
  }
  return Effect.void
}

const shapeOf = <E>({ count, eventShape }: RowSource<E>): Shape => [count, ...eventShape]
