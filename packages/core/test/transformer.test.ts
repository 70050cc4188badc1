import "@tensorflow/tfjs-backend-cpu"
import {
  constraints,
  elementwise,
  instantiate,
  makeBijector,
  makeKey,
  paramLeaves,
  randomizeParams,
  rawCount,
  ShapeError,
  signature,
  splitRaw,
  type Transformer,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"

/** `y = exp(x + Σₖ weightₖ)`, moved by `shift`: one parameter with an axis of its own, one without. */
const shiftedExp: Transformer = {
  name: "shifted-exp",
  parameters: { shift: [], weights: [3] },
  domain: constraints.real,
  codomain: constraints.real,
  increasing: true,
  build: (raw) => {
    const { shift, weights } = raw as { shift: tf.Tensor; weights: tf.Tensor }
    const sum = tf.sum(weights, -2)
    return makeBijector(signature({ name: "shifted-exp" }), {
      forwardAndLogDet: (x) => [tf.add(tf.exp(tf.add(x, sum)), shift), tf.add(x, sum)],
      inverseAndLogDet: (y) => {
        const moved = tf.log(tf.sub(y, shift))
        return [tf.sub(moved, sum), tf.neg(moved)]
      },
    })
  },
}

describe("splitRaw", () => {
  it("number j of dimension i is column j d + i, with any batch axes", () => {
    const [batch, d, p] = [[2, 3], 2, 4]
    const flat = tf.reshape(tf.range(0, 6 * p * d), [...batch, p * d])
    expect(rawCount(shiftedExp)).toBe(p)
    const { shift, weights } = splitRaw(shiftedExp, flat)
    expect(shift!.shape).toEqual([2, 3, d])
    expect(weights!.shape).toEqual([2, 3, 3, d])
    const at = (row: number, j: number, i: number): number => row * p * d + j * d + i
    const rows = [0, 1, 2, 3, 4, 5]
    expect(Array.from(shift!.dataSync())).toEqual(rows.flatMap((r) => [at(r, 0, 0), at(r, 0, 1)]))
    expect(Array.from(weights!.dataSync())).toEqual(
      rows.flatMap((r) => [1, 2, 3].flatMap((j) => [at(r, j, 0), at(r, j, 1)])),
    )
  })
  it("refuses columns that do not come out even", () => {
    expect(() => splitRaw(shiftedExp, tf.zeros([5, 7]))).toThrow(
      "transformer: expected a multiple of 4 columns, got 7. Give 4 numbers for each dimension.",
    )
    expect(() => splitRaw(shiftedExp, tf.zeros([5, 7]))).toThrow(ShapeError)
  })
})

describe("elementwise", () => {
  it.each([[[]], [[3]], [[2, 2]]])("a parameter for each element of an event %j", (eventShape) => {
    const recipe = elementwise(shiftedExp, eventShape)
    const fresh = recipe.init(makeKey(0))
    expect(paramLeaves(fresh).map(([path, leaf]) => [path, leaf.role, leaf.shape])).toEqual([
      [["shift"], "trainable", eventShape],
      [["weights"], "trainable", [3, ...eventShape]],
    ])
    const params = randomizeParams(fresh, makeKey(1))
    const bijector = instantiate(recipe, params)
    const [shift, weights] = paramLeaves(params).map(([, leaf]) => leaf.values)
    const size = shift!.length
    for (const batch of [[], [4], [2, 3]]) {
      const x = tf.reshape(tf.linspace(-1, 1, size * (batch[0] ?? 1) * (batch[1] ?? 1)), [
        ...batch,
        ...eventShape,
      ])
      const [y, logDet] = bijector.forwardAndLogDet(x)
      expect(y.shape).toEqual(x.shape)
      expect(logDet.shape).toEqual(batch)
      const sums = Array.from(x.dataSync(), (value, at) => {
        const i = at % size
        return value + weights![i]! + weights![size + i]! + weights![2 * size + i]!
      })
      const expected = sums.map((sum, at) => Math.exp(sum) + shift![at % size]!)
      Array.from(y.dataSync()).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5))
      const total = sums.reduce((sum, value) => sum + value, 0)
      expect(tf.sum(logDet).dataSync()[0]).toBeCloseTo(total, 4)
      const [back, backLogDet] = bijector.inverseAndLogDet(y)
      expect(tf.max(tf.abs(tf.sub(back, x))).dataSync()[0]).toBeLessThan(1e-5)
      expect(tf.sum(backLogDet).dataSync()[0]).toBeCloseTo(-total, 4)
    }
  })
  it("declares what the transformer declares", () => {
    const recipe = elementwise({ ...shiftedExp, codomain: constraints.positive }, [2])
    expect(recipe).toMatchObject({
      name: "shifted-exp",
      eventShapeIn: [2],
      increasing: true,
      jacobian: { kind: "diagonal" },
    })
    expect(recipe.codomain.name).toBe("positive")
    expect(elementwise({ ...shiftedExp, increasing: false }, []).increasing).toBeUndefined()
  })
})
