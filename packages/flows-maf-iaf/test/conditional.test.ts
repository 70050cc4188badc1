/**
 * A conditional flow, trained where everything is known: what it should score, and what the context is worth.
 *
 * `w = A c + L e` with normal `c` and `e`; `y = (w₁, w₂ + w₁²/2)` bends `w` without changing volumes. So `y` and `y` given
 * `c` have the entropies of `w` and of `w` given `c`, though `y` is no normal: `log 2πe + ½ log det` of `A Aᵀ + L Lᵀ` and of
 * `L Lᵀ`. Their difference is the mutual information of `y` and `c`: 1.97 nats.
 */
import { onnx } from "@pushforward/backend-onnx"
import { foldKey, makeKey, normalValues } from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import { fitDensity, meanAndError, type Rows, scoreRows } from "@pushforward/training"
import { Effect } from "effect"
import { expect, it } from "vitest"
import { maf } from "../src/index.ts"

type Matrix = readonly [readonly [number, number], readonly [number, number]]
const a: Matrix = [
  [1.2, 0],
  [-0.6, 0.9],
]
const l: Matrix = [
  [0.5, 0],
  [0.3, 0.4],
]

const seed = makeKey(7)
/** `[n, 2]` each: rows and what they are given. */
const drawn = (name: string, n: number): { readonly rows: Rows; readonly context: Rows } => {
  const [c, e] = ["context", "noise"].map((part) =>
    normalValues(foldKey(foldKey(seed, name), part), 2 * n),
  ) as [Float32Array, Float32Array]
  const values = new Float32Array(2 * n)
  for (let i = 0; i < n; i++) {
    const w = a.map(
      (row, k) =>
        row[0] * c[2 * i]! +
        row[1] * c[2 * i + 1]! +
        l[k]![0] * e[2 * i]! +
        l[k]![1] * e[2 * i + 1]!,
    ) as [number, number]
    values.set([w[0], w[1] + w[0] ** 2 / 2], 2 * i)
  }
  const of = { shape: [n, 2], dtype: "float32" } as const
  return { rows: { ...of, values }, context: { ...of, values: c } }
}

/** The entropy of a normal in two dimensions by the determinant of its covariance, in nats. */
const entropy = (determinant: number): number =>
  Math.log(2 * Math.PI * Math.E) + Math.log(determinant) / 2

/** The determinant of `Σ m mᵀ` over these matrices. */
const determinant = (...matrices: ReadonlyArray<Matrix>): number => {
  const at = (i: number, j: number): number =>
    matrices.reduce((sum, m) => sum + m[i]![0] * m[j]![0] + m[i]![1] * m[j]![1], 0)
  return at(0, 0) * at(1, 1) - at(0, 1) ** 2
}

it("reaches the conditional entropy, and is better than without the context by the mutual information", async () => {
  const [train, validation, test] = [
    drawn("train", 20_000),
    drawn("validation", 2000),
    drawn("test", 20_000),
  ]
  /** The mean log-likelihood of the test rows, in nats. */
  const fitted = (conditional: boolean) =>
    Effect.gen(function* () {
      const density = transformed(
        standardNormal([2]),
        maf({ size: 2, layers: 2, hidden: [32], ...(conditional && { contextSize: 2 }) }),
      )
      const { params } = yield* fitDensity(
        density,
        {
          train: train.rows,
          validation: validation.rows,
          ...(conditional && {
            context: train.context,
            validationContext: validation.context,
          }),
        },
        { seed: 3, epochs: 15, batchSize: 100 },
      )
      const scores = yield* scoreRows(
        density,
        params,
        test.rows,
        ...(conditional ? [test.context] : []),
      )
      return meanAndError(scores).mean
    })
  const [given, alone] = await Effect.runPromise(
    Effect.all([fitted(true), fitted(false)]).pipe(Effect.provide(onnx)),
  )
  // A mean of 20,000 scores is known to about 0.007 nats; what is not learnt from as many costs a few hundredths.
  const [givenBest, aloneBest] = [-entropy(determinant(l)), -entropy(determinant(a, l))]
  for (const [measured, best] of [
    [given, givenBest],
    [alone, aloneBest],
  ] as const) {
    expect(measured).toBeGreaterThan(best - 0.05)
    expect(measured).toBeLessThan(best + 0.03)
  }
  expect(Math.abs(given - alone - (givenBest - aloneBest))).toBeLessThan(0.05)
})
