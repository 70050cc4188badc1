import { type Bijector, instantiate, makeKey, trainable } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { expect, it } from "vitest"
import {
  actNorm,
  batchNorm,
  exp,
  fillTriangular,
  logNdtr,
  luLinear,
  ndtr,
  ndtri,
  normalCdf,
  scaleTril,
  sigmoid,
  softplus,
  tanh,
} from "../src/index.ts"
import { inEachArithmetic } from "./arithmetics.ts"
import golden from "./golden/bijectors.json" with { type: "json" }
import layers from "./golden/layers.json" with { type: "json" }

interface Pairs {
  readonly in: ReadonlyArray<number>
  readonly out: ReadonlyArray<number>
  readonly logDet: ReadonlyArray<number>
}

const elementwise: ReadonlyArray<
  readonly [string, () => Bijector, { forward: Pairs; inverse: Pairs }]
> = [
  ["exp", exp, golden.exp],
  ["softplus", softplus, golden.softplus],
  ["sigmoid", sigmoid, golden.sigmoid],
  ["tanh", tanh, golden.tanh],
  ["normal-cdf", normalCdf, golden.normalCdf],
]

inEachArithmetic("golden values from SciPy", ({ compute, expectNear }) => {
  for (const [name, make, { forward, inverse }] of elementwise) {
    // The exponential of −x²/2 turns the rounding of x² into a relative error of x²/2 roundings.
    const conditioning = (i: number): number => 1 + Math.abs(forward.in[i]!) ** 2 / 4
    it(`${name}: forward, with its relative accuracy in the tails`, () => {
      const [y, logDet] = compute((x) => make().forwardAndLogDet(x), forward.in)
      expectNear(y, forward.out, { relative: true, weight: conditioning })
      expectNear(logDet, forward.logDet)
    })
    it(`${name}: inverse`, () => {
      const [x, logDet] = compute((y) => make().inverseAndLogDet(y), inverse.in)
      expectNear(x, inverse.out)
      expectNear(logDet, inverse.logDet)
    })
  }

  it("ndtr and ndtri are the bijector's two directions", () => {
    const { forward, inverse } = golden.normalCdf
    expectNear(compute((p) => [ndtri(p)], inverse.in)[0], inverse.out)
    expectNear(compute((x) => [ndtr(x)], forward.in)[0], forward.out)
  })

  it("logNdtr, where Φ has long left float32", () => {
    expectNear(compute((x) => [logNdtr(x)], golden.logNdtr.in)[0], golden.logNdtr.out, {
      relative: true,
      weight: (i) => 1 + Math.max(0, golden.logNdtr.in[i]!) ** 2 / 4,
    })
  })

  it("scale-tril, constants on the host and as a tensor with batch axes", () => {
    const { shift, scaleTril: matrix, forward, inverse } = golden.scaleTril
    const hosted = (): Bijector => scaleTril({ shift, scaleTril: matrix })
    const batched = (): Bijector =>
      scaleTril({
        shift: tf.tensor1d(shift),
        scaleTril: tf.stack([tf.tensor2d(matrix), tf.tensor2d(matrix)]),
      })
    for (const make of [hosted, batched]) {
      const [y, logDet] = compute((x) => make().forwardAndLogDet(x), forward.in)
      expectNear(y, forward.out.flat())
      expectNear(logDet, forward.logDet)
      const [x, back] = compute((t) => make().inverseAndLogDet(t), inverse.in)
      expectNear(x, inverse.out.flat())
      expectNear(back, inverse.logDet)
    }
  })

  it("lu-linear, the product and the solution", () => {
    const { bias, rawDiagonal, lower, upper, in: rows, inverse, forward, logDet } = layers.luLinear
    const recipe = luLinear(5)
    const params = {
      ...recipe.init(makeKey(0)),
      bias: trainable([5], bias),
      rawDiagonal: trainable([5], rawDiagonal),
      lower: trainable([10], lower),
      upper: trainable([10], upper),
    }
    const [x, there] = compute((y) => instantiate(recipe, params).inverseAndLogDet(y), rows)
    expectNear(x, inverse.flat())
    expectNear(there, Array<number>(4).fill(logDet))
    const [y, back] = compute((z) => instantiate(recipe, params).forwardAndLogDet(z), rows)
    expectNear(y, forward.flat(), { tolerance: 2e-5 })
    expectNear(back, Array<number>(4).fill(-logDet))
  })

  it("act-norm whitens its first batch", () => {
    const { first, whitened, firstLogDet } = layers.actNorm
    const recipe = actNorm([2])
    const [x, logDet] = compute(
      (y) => instantiate(recipe, recipe.init(makeKey(0)), { mode: "train" }).inverseAndLogDet(y),
      first,
    )
    expectNear(x, whitened.flat(), { tolerance: 3e-6 })
    expectNear(logDet, Array<number>(4).fill(firstLogDet))
  })

  it("fill-triangular in TensorFlow Probability's order", () => {
    const { in: vector, out } = golden.fillTriangular
    const [matrix, back] = compute((x) => {
      const filled = fillTriangular().forward(x)
      return [filled, fillTriangular().inverse(filled)]
    }, vector)
    expect(Array.from(matrix!)).toEqual(out.flat())
    expect(Array.from(back!)).toEqual(vector)
  })

  it("batch-norm with the batch's statistics", () => {
    const { gamma, beta, in: batch, out, logDet, mean, variance } = golden.batchNorm
    const recipe = batchNorm([2])
    const params = {
      ...recipe.init(makeKey(0)),
      gamma: trainable([2], gamma),
      beta: trainable([2], beta),
    }
    const [x, logDets, ...moved] = compute((y) => {
      const reported = new Map<string, tf.Tensor>()
      const bijector = instantiate(recipe, params, {
        mode: "train",
        report: (path, value) => reported.set(path.join("/"), value),
      })
      const results = bijector.inverseAndLogDet(y)
      return [...results, ...["mean", "variance", "rows"].map((name) => reported.get(name)!)]
    }, batch)
    expectNear(x, out.flat(), { tolerance: 3e-6 })
    expectNear(logDets, Array<number>(4).fill(logDet))
    // The first step's average is the batch itself.
    expectNear(moved[0], mean)
    expectNear(moved[1], variance, { tolerance: 3e-6 })
    expect(Array.from(moved[2]!)).toEqual([4])
  })
})
