import { type Bijector, instantiate, makeKey, trainable } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { expect, it } from "vitest"
import {
  batchNorm,
  exp,
  fillTriangular,
  logNdtr,
  ndtr,
  ndtri,
  normalCdf,
  scaleTril,
  sigmoid,
  softplus,
  tanh,
} from "../src/index.ts"
import { expectNear, onEachEngine, read } from "./engines.ts"
import golden from "./golden/bijectors.json" with { type: "json" }

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

onEachEngine("golden values from SciPy", () => {
  for (const [name, make, { forward, inverse }] of elementwise) {
    // The exponential of −x²/2 turns the rounding of x² into a relative error of x²/2 roundings.
    const conditioning = (i: number): number => 1 + Math.abs(forward.in[i]!) ** 2 / 4
    it(`${name}: forward, with its relative accuracy in the tails`, () => {
      const [y, logDet] = make().forwardAndLogDet(tf.tensor1d([...forward.in]))
      expectNear(y, forward.out, { relative: true, weight: conditioning })
      expectNear(logDet, forward.logDet)
    })
    it(`${name}: inverse`, () => {
      const [x, logDet] = make().inverseAndLogDet(tf.tensor1d([...inverse.in]))
      expectNear(x, inverse.out)
      expectNear(logDet, inverse.logDet)
    })
  }

  it("ndtr and ndtri are the bijector's two directions", () => {
    expectNear(ndtri(tf.tensor1d(golden.normalCdf.inverse.in)), golden.normalCdf.inverse.out)
    expectNear(ndtr(tf.tensor1d(golden.normalCdf.forward.in)), golden.normalCdf.forward.out)
  })

  it("logNdtr, where Φ has long left float32", () => {
    expectNear(logNdtr(tf.tensor1d(golden.logNdtr.in)), golden.logNdtr.out, {
      relative: true,
      weight: (i) => 1 + Math.max(0, golden.logNdtr.in[i]!) ** 2 / 4,
    })
  })

  it("scale-tril, constants on the host and as a tensor with batch axes", () => {
    const { shift, scaleTril: matrix, forward, inverse } = golden.scaleTril
    const hosted = scaleTril({ shift, scaleTril: matrix })
    const batched = scaleTril({
      shift: tf.tensor1d(shift),
      scaleTril: tf.stack([tf.tensor2d(matrix), tf.tensor2d(matrix)]),
    })
    for (const bijector of [hosted, batched]) {
      const [y, logDet] = bijector.forwardAndLogDet(tf.tensor2d(forward.in))
      expectNear(y, forward.out.flat())
      expectNear(logDet, forward.logDet)
      const [x, back] = bijector.inverseAndLogDet(tf.tensor2d(inverse.in))
      expectNear(x, inverse.out.flat())
      expectNear(back, inverse.logDet)
    }
  })

  it("fill-triangular in TensorFlow Probability's order", () => {
    const matrix = fillTriangular().forward(tf.tensor1d(golden.fillTriangular.in))
    expect(matrix.arraySync()).toEqual(golden.fillTriangular.out)
    expect(read(fillTriangular().inverse(matrix))).toEqual(golden.fillTriangular.in)
  })

  it("batch-norm with the batch's statistics", () => {
    const { gamma, beta, in: batch, out, logDet, mean, variance } = golden.batchNorm
    const recipe = batchNorm([2])
    const params = {
      ...recipe.init(makeKey(0)),
      gamma: trainable([2], gamma),
      beta: trainable([2], beta),
    }
    const reported = new Map<string, ReadonlyArray<number>>()
    const bijector = instantiate(recipe, params, {
      mode: "train",
      report: (path, value) => reported.set(path.join("/"), read(value)),
    })
    const [x, logDets] = bijector.inverseAndLogDet(tf.tensor2d(batch))
    expectNear(x, out.flat(), { tolerance: 3e-6 })
    expectNear(logDets, Array<number>(4).fill(logDet))
    // The first step's average is the batch itself.
    expect(reported.get("mean")!.map((v, i) => Math.abs(v - mean[i]!) < 1e-5)).toEqual([true, true])
    expect(reported.get("variance")!.map((v, i) => Math.abs(v - variance[i]!) < 1e-4)).toEqual([
      true,
      true,
    ])
    expect(reported.get("rows")).toEqual([4])
  })
})
