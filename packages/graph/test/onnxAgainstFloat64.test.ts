import "@tensorflow/tfjs-backend-cpu"
import { batchNorm, rationalQuadraticSpline } from "@pushforward/bijectors"
import {
  chain,
  elementwise,
  instantiate,
  makeKey,
  normalValues,
  randomizeParams,
  type TensorFunction,
  type TensorSpec,
} from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import { maf } from "@pushforward/flows-maf-iaf"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import { evaluate, simplify, trace } from "../src/index.ts"
import { runGraph } from "./onnx/runModel.ts"

const recipe = transformed(
  standardNormal([3]),
  chain(maf({ size: 3, layers: 2, hidden: [8, 8] }), batchNorm([3])),
)
const params = recipe.init(makeKey(3))
const splines = transformed(standardNormal([3]), elementwise(rationalQuadraticSpline(), [3]))
const splineParams = randomizeParams(splines.init(makeKey(4)), makeKey(5))
const table: TensorSpec = { shape: [null, 3], dtype: "float32" }

/** Functions as users write them, and gradients of those. */
const functions: Readonly<Record<string, readonly [TensorFunction, ReadonlyArray<TensorSpec>]>> = {
  "a flow's density": [([x]) => [instantiate(recipe, params).logProb(x!)], [table]],
  "a flow's samples": [([z]) => [instantiate(recipe, params).sampleFrom(z!)], [table]],
  "the gradient of a density": [
    ([x]) => [tf.grad((t: tf.Tensor) => tf.sum(instantiate(recipe, params).logProb(t)))(x!)],
    [table],
  ],
  "splines both ways, with the gradient of their density": [
    ([x]) => {
      const density = instantiate(splines, splineParams)
      const score = tf.grad((t: tf.Tensor) => tf.sum(density.logProb(t)))
      return [density.logProb(x!), density.sampleFrom(x!), score(x!)]
    },
    [table],
  ],
  "reductions over the batch": [
    ([x]) => {
      const { mean, variance } = tf.moments(x!, 0)
      return [
        tf.div(tf.sub(x!, mean), tf.sqrt(tf.add(variance, 1e-3))),
        tf.logSumExp(x!, 1),
        tf.argMax(x!, 1),
      ]
    },
    [table],
  ],
  "gathers and their gradients": [
    ([x]) => [
      tf.grad((t: tf.Tensor) =>
        tf.sum(tf.square(tf.gather(t, tf.tensor1d([2, 0, 2], "int32"), 1))),
      )(x!),
      tf.cumsum(x!, 1, true, true),
      tf.reverse(
        tf.pad(x!, [
          [0, 0],
          [1, 2],
        ]),
        1,
      ),
    ],
    [table],
  ],
  "products of batches": [
    ([a, b]) => [
      tf.matMul(a!, b!, false, true),
      tf.grad((t: tf.Tensor) => tf.sum(tf.matMul(a!, t, true)))(b!),
    ],
    [
      { shape: [2, 4, 3], dtype: "float32" },
      { shape: [2, 4, 3], dtype: "float32" },
    ],
  ],
}

describe.each(Object.entries(functions))("%s", (_, [f, specs]) => {
  it("as ONNX is what float64 says, to float32's precision, before and after simplification", async () => {
    const graph = trace(f, specs)
    for (const rows of specs[0]!.shape[0] === null ? [1, 7] : [2]) {
      const inputs = specs.map(({ shape }, i) => {
        const sizes = shape.map((size) => size ?? rows)
        return {
          shape: sizes,
          values: Array.from(
            normalValues(
              makeKey(i),
              sizes.reduce((a, b) => a * b, 1),
            ),
          ),
        }
      })
      const expected = evaluate(graph, inputs)
      for (const each of [graph, simplify(graph)]) {
        const got = await runGraph(each, ...inputs)
        expected.forEach(({ shape, values }, i) => {
          expect(got[i]!.shape).toEqual(shape)
          const scale = Math.max(1, ...Array.from(values, Math.abs))
          Array.from(values).forEach((value, k) =>
            expect(Math.abs(got[i]!.values[k]! - value)).toBeLessThan(5e-6 * scale),
          )
        })
      }
    }
  })
})
