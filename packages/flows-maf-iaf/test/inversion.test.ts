/**
 * The solution level by level against passes of the whole network, and its implicit gradient against automatic
 * differentiation through those passes.
 */
import "@tensorflow/tfjs-backend-cpu"
import { affineTransformer, rationalQuadraticSpline } from "@pushforward/bijectors"
import {
  flattenParams,
  instantiate,
  makeKey,
  mapParams,
  normalValues,
  paramLeaves,
  type Params,
  rawCount,
  splitRaw,
  type TensorFunction,
  type Transformer,
  unflattenParams,
} from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import { inFloat64, type TypedNumbers } from "@pushforward/graph"
import { made, type MadeOptions, type MaskedNetwork } from "@pushforward/made"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import { autoregressiveSolution } from "../src/inversion/autoregressiveSolution.ts"

registerGradients()

const affine = affineTransformer()
const spline = rationalQuadraticSpline({ bins: 4 })

const fork = [
  [false, false, false, false, false],
  [true, false, false, false, false],
  [true, false, false, false, false],
  [false, true, true, false, false],
  [true, false, false, false, false],
]

const cases: ReadonlyArray<readonly [string, MadeOptions, Transformer]> = [
  ["one dimension", { size: 1, hidden: [4] }, affine],
  ["two dimensions", { size: 2, hidden: [8, 8] }, affine],
  ["natural order", { size: 6, hidden: [12, 10] }, affine],
  ["reversed order", { size: 5, hidden: [9], order: "reversed" }, affine],
  ["a given order, splines", { size: 4, hidden: [8, 8], order: [2, 0, 3, 1] }, spline],
  [
    "random order and connectivity",
    { size: 7, hidden: [9, 11, 8], order: "random", connectivity: "random", seed: 3 },
    affine,
  ],
  ["blocks", { size: 3, hidden: [12], connectivity: "block" }, affine],
  ["a graph, splines", { size: 5, hidden: [10, 10], order: fork }, spline],
  ["residual", { size: 5, hidden: [12, 12, 12], residual: true, activation: "elu" }, affine],
  ["layers narrower than the data", { size: 6, hidden: [2, 3] }, affine],
  ["more levels than are solved one by one", { size: 21, hidden: [30, 45] }, affine],
  [
    "many levels, uneven",
    { size: 39, hidden: [50, 17], order: "random", connectivity: "random", seed: 5 },
    affine,
  ],
  ["many levels, residual", { size: 19, hidden: [24, 20, 24], residual: true }, spline],
]

/** Parameters that are far from the identity. */
const drawn = (params: Params, seed: number): Params => {
  const flat = flattenParams(params, "trainable")
  const noise = normalValues(makeKey(seed), flat.length)
  return unflattenParams(
    params,
    "trainable",
    flat.map((value, i) => 0.5 * value + 0.3 * noise[i]!),
  )
}

/** As many passes of the whole network as there are levels. */
const byPasses = (network: MaskedNetwork, transformer: Transformer, x: tf.Tensor2D): tf.Tensor => {
  let y: tf.Tensor = tf.zerosLike(x)
  for (let pass = 0; pass < Math.max(...network.levels); pass++) {
    y = transformer.build(splitRaw(transformer, network.apply(y))).forward(x)
  }
  return y
}

const recipeOf = (options: MadeOptions, transformer: Transformer) => {
  const recipe = made({ ...options, outputs: rawCount(transformer) })
  return { recipe, params: drawn(recipe.init(makeKey(1)), 2) }
}

describe.each(cases)("%s", (_, options, transformer) => {
  const rows = 3
  const x = (): tf.Tensor2D =>
    tf.tensor2d(normalValues(makeKey(4), rows * options.size), [rows, options.size])
  const { recipe, params } = recipeOf(options, transformer)

  it("solves the equations", () => {
    tf.tidy(() => {
      const network = instantiate(recipe, params)
      const { y, raw } = autoregressiveSolution(network, transformer, x())
      const distance = (a: tf.Tensor, b: tf.Tensor): number =>
        tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!
      expect(distance(y, byPasses(network, transformer, x()))).toBeLessThan(2e-5)
      expect(distance(raw, network.apply(y))).toBeLessThan(2e-4)
    })
  })

  const columns = options.size * (1 + rawCount(transformer))
  const leaves = paramLeaves(params)
  const inputs: ReadonlyArray<TypedNumbers> = [
    { shape: [rows, options.size], values: normalValues(makeKey(4), rows * options.size) },
    ...leaves.map(([, { shape, values }]) => ({ shape, values })),
  ]
  /** The gradients of a weighted sum of what is solved for, and of the raw numbers there. */
  const gradients =
    (solve: (network: MaskedNetwork, from: tf.Tensor2D) => tf.Tensor): TensorFunction =>
    (given) =>
      tf.grads((from: tf.Tensor, ...tensors: Array<tf.Tensor>) => {
        const queue = [...tensors]
        const network = recipe.build(mapParams(params, () => queue.shift()!))
        const weights = tf.tensor2d(normalValues(makeKey(5), rows * columns), [rows, columns])
        return tf.sum(tf.mul(solve(network, from as tf.Tensor2D), weights))
      })([...given])
  const implicit = gradients((network, from) => {
    const { y, raw } = autoregressiveSolution(network, transformer, from)
    return tf.concat([y, raw], 1)
  })
  const unrolled = gradients((network, from) => {
    const y = byPasses(network, transformer, from)
    return tf.concat([y, network.apply(y)], 1)
  })
  const expectAlike = (
    measured: ReadonlyArray<ArrayLike<number>>,
    expected: ReadonlyArray<ArrayLike<number>>,
    tolerance: number,
  ): void => {
    expect(measured).toHaveLength(1 + leaves.length)
    measured.forEach((gradient, i) => {
      const passes = Array.from(expected[i]!)
      const scale = 1 + Math.max(...passes.map(Math.abs))
      passes.forEach((slope, j) =>
        expect(Math.abs(gradient[j]! - slope) / scale).toBeLessThan(tolerance),
      )
    })
  }

  it("its gradients are those of the passes", () => {
    tf.tidy(() => {
      const tensors = inputs.map(({ shape, values }) => tf.tensor(Array.from(values), [...shape]))
      const [a, b] = [implicit, unrolled].map((f) => f(tensors).map((each) => each.dataSync()))
      expectAlike(a!, b!, 2e-4)
    })
  })

  it("its gradients are those of the passes to ten digits in float64", () => {
    const [a, b] = [implicit, unrolled].map((f) => inFloat64(f, inputs).map(({ values }) => values))
    expectAlike(a!, b!, 1e-10)
  })
})
