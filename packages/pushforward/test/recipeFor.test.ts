import { makeKey, normalValues } from "@pushforward/core"
import { fromColumns } from "@pushforward/data"
import { Effect, Result } from "effect"
import { describe, expect, it } from "vitest"
import { prepareTable } from "../src/prepareTable.ts"
import { recipeFor } from "../src/recipeFor.ts"

const n = 1000
const [a, b] = [normalValues(makeKey(1), n), normalValues(makeKey(2), n)]

/** The default recipe's flow for correlated normal columns, one row in a hundred of which lies so far off the line. */
const flowFor = async (off: number): Promise<unknown> => {
  const y = a.map((x, i) => 9 * x + (i % 100 === 0 ? off : b[i]!))
  const table = Result.getOrThrow(fromColumns({ x: a, y }))
  const { nearGaussian, farthest } = await Effect.runPromise(
    prepareTable(table, { columns: ["x", "y"], given: [] }, 0, {}),
  )
  expect(nearGaussian).toBe(true)
  return recipeFor({ columns: 2, rows: n, given: 0, nearGaussian, farthest }).flow
}

describe("the default recipe near a Gaussian", () => {
  it("is affine layers, on a sinh-arcsinh normal unless there are outliers", async () => {
    expect(await flowFor(1)).toMatchObject({
      layers: [{ transformer: { _tag: "sinh-arcsinh" } }, { _tag: "maf" }],
    })
    expect(await flowFor(50)).toBe("maf")
  })
})
