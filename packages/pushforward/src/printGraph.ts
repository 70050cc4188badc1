import { instantiate } from "@pushforward/core"
import { Effect } from "effect"
import type { FittedModel } from "./FittedModel.ts"

/**
 * The log density of a model as the compiled backend runs it: one line for each operation, over standardised columns.
 */
export const printGraph = ({
  density,
  params,
  columns,
  context,
}: FittedModel): Effect.Effect<string> =>
  Effect.promise(async () => {
    const { print, simplify, trace } = await import("@pushforward/graph")
    const logProb = trace(
      ([x, given]) => [instantiate(density, params, given ? { context: given } : {}).logProb(x!)],
      [columns, ...(context ? [context.columns] : [])].map(({ length }) => ({
        shape: [null, length],
        dtype: "float32",
      })),
    )
    return print(simplify(logProb))
  })
