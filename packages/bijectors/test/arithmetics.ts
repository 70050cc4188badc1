import { inFloat64, type TypedNumbers } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect } from "vitest"
import { onEachEngine, read } from "./engines.ts"

/** Numbers as golden files hold them: one, a row, or rows. */
type Golden = number | ReadonlyArray<number> | ReadonlyArray<ReadonlyArray<number>>

/** How near float32 comes to golden numbers. */
interface Nearness {
  /** Relative to `1 + |golden|`, or to `|golden|` if `relative`. Default 1e-6. */
  readonly tolerance?: number
  readonly relative?: boolean
  /** A factor on the tolerance of element `i`, for ill-conditioned ones. */
  readonly weight?: (i: number) => number
}

/** A way to compute with tensors, and to compare what comes out with golden numbers. */
interface Arithmetic {
  readonly compute: (
    f: (...inputs: ReadonlyArray<tf.Tensor>) => ReadonlyArray<tf.Tensor>,
    ...inputs: ReadonlyArray<Golden>
  ) => ReadonlyArray<ArrayLike<number>>
  /** `nearness` is that of float32; in float64 thirteen digits are expected of every number. */
  readonly expectNear: (
    got: ArrayLike<number> | undefined,
    golden: ReadonlyArray<number>,
    nearness?: Nearness,
  ) => void
}

const hostOf = (golden: Golden): TypedNumbers => {
  const rows = [golden].flat() as ReadonlyArray<number | ReadonlyArray<number>>
  const [first] = rows
  const columns = Array.isArray(first) ? [first.length] : []
  return { shape: golden === first ? [] : [rows.length, ...columns], values: rows.flat() }
}

const expectWithin = (
  got: ArrayLike<number> | undefined,
  golden: ReadonlyArray<number>,
  allowed: (want: number, i: number) => number,
): void => {
  expect(got?.length).toBe(golden.length)
  golden.forEach((want, i) => {
    if (got![i] === want) return
    expect(
      Math.abs(got![i]! - want),
      `element ${i}: got ${got![i]}, expected ${want}`,
    ).toBeLessThanOrEqual(allowed(want, i))
  })
}

const float32: Arithmetic = {
  compute: (f, ...inputs) =>
    f(
      ...inputs.map(hostOf).map(({ shape, values }) => tf.tensor(Array.from(values), [...shape])),
    ).map(read),
  expectNear: (got, golden, { tolerance = 1e-6, relative = false, weight = () => 1 } = {}) =>
    expectWithin(
      got,
      golden,
      // The smallest float32 numbers have few digits.
      (want, i) => tolerance * weight(i) * (relative ? Math.abs(want) : 1 + Math.abs(want)) + 1e-38,
    ),
}

const float64: Arithmetic = {
  compute: (f, ...inputs) =>
    inFloat64((tensors) => f(...tensors), inputs.map(hostOf)).map(({ values }) => values),
  expectNear: (got, golden) => expectWithin(got, golden, (want) => 1e-13 * Math.abs(want)),
}

/** Runs a suite in float64, and on both engines in float32. */
export const inEachArithmetic = (name: string, suite: (arithmetic: Arithmetic) => void): void => {
  describe(`${name} (float64)`, () => {
    suite(float64)
  })
  onEachEngine(name, () => suite(float32))
}
