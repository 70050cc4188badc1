/**
 * A flow and its inverse, solved level by level one way and computed in one pass the other, in float64.
 */
import "@tensorflow/tfjs-backend-cpu"
import { rationalQuadraticSpline } from "@pushforward/bijectors"
import {
  type Bijector,
  flattenParams,
  makeKey,
  normalValues,
  type ParametricBijector,
  type Params,
  toTensors,
  unflattenParams,
} from "@pushforward/core"
import { inFloat64, type Numbers64, type TypedNumbers } from "@pushforward/graph"
import { describe, expect, it } from "vitest"
import { iaf, maf, type MafOptions } from "../src/index.ts"

/** A dimension that two others depend on, which a third joins again. */
const diamond = [
  [false, false, false, false],
  [true, false, false, false],
  [true, false, false, false],
  [false, true, true, false],
]
const spline = rationalQuadraticSpline({ bins: 4 })

const cases: ReadonlyArray<readonly [string, MafOptions]> = [
  ["natural orders, reversed between layers", { size: 5, layers: 3, hidden: [12, 12] }],
  [
    "random orders and connectivity, permuted between layers",
    {
      size: 6,
      layers: 2,
      hidden: [14, 9],
      order: "random",
      connectivity: "random",
      mixing: "permute",
      seed: 4,
    },
  ],
  ["a graph", { size: 4, layers: 2, hidden: [10, 10], order: diamond }],
  ["many levels", { size: 37, layers: 1, hidden: [48, 40] }],
  ["many levels, two layers", { size: 24, layers: 2, hidden: [30] }],
  [
    "residual networks, linear maps between layers",
    {
      size: 4,
      layers: 2,
      hidden: [9, 9, 9],
      residual: true,
      mixing: "lu",
      normalisation: "act",
    },
  ],
  ["a context", { size: 3, layers: 2, hidden: [8], contextSize: 2 }],
]
const kinds = cases.flatMap(([name, options]) => [
  [`${name}, affine`, options] as const,
  [`${name}, splines`, { ...options, transformer: spline }] as const,
])

const rows = 4

/**
 * Parameters away from the identity, but not far: each level magnifies the rounding of those before it, and at wild
 * parameters forty of them lose any number of digits.
 */
const drawn = (recipe: ParametricBijector): Params => {
  const initial = recipe.init(makeKey(1))
  const flat = flattenParams(initial, "trainable")
  const noise = normalValues(makeKey(2), flat.length)
  return unflattenParams(
    initial,
    "trainable",
    flat.map((value, i) => value + 0.2 * noise[i]!),
  )
}

describe.each(kinds)("%s", (_, options) => {
  const { size, contextSize } = options
  const [made, swapped] = [maf(options), iaf(options)]
  const params = drawn(made)
  const normals = (seed: number, columns: number): TypedNumbers => ({
    shape: [rows, columns],
    values: Float64Array.from(normalValues(makeKey(seed), rows * columns)),
  })
  const context = contextSize === undefined ? [] : [normals(3, contextSize)]
  const through = (
    recipe: ParametricBijector,
    x: TypedNumbers,
    direction: "forwardAndLogDet" | "inverseAndLogDet",
  ): ReadonlyArray<Numbers64> =>
    inFloat64(
      ([at, c]) => {
        const built: Bijector = recipe.build(toTensors(params), c ? { context: c } : {})
        return [...built[direction](at!)]
      },
      [x, ...context],
    )
  const expectClose = (measured: Float64Array, expected: Float64Array): void => {
    expect(measured).toHaveLength(expected.length)
    measured.forEach((value, i) =>
      expect(Math.abs(value - expected[i]!)).toBeLessThan(
        1e-11 * Math.max(1, Math.abs(expected[i]!)),
      ),
    )
  }
  const expectInverses = (first: ParametricBijector, second: ParametricBijector): void => {
    const x = normals(5, size)
    const [y, logDet] = through(first, x, "forwardAndLogDet")
    const [back, inverseLogDet] = through(second, y!, "forwardAndLogDet")
    expect(y!.values.some((value, i) => Math.abs(value - x.values[i]!) > 0.1)).toBe(true)
    expectClose(back!.values, x.values as Float64Array)
    expectClose(
      inverseLogDet!.values,
      logDet!.values.map((value) => -value),
    )
  }

  it("what MAF draws, IAF takes back", () => expectInverses(made, swapped))

  it("what IAF draws, MAF takes back", () => expectInverses(swapped, made))
})
