import "@tensorflow/tfjs-backend-cpu"
import {
  flattenParams,
  instantiate,
  makeKey,
  paramLeaves,
  randomizeParams,
  randomNormal,
} from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import * as tf from "@tensorflow/tfjs-core"
import { beforeAll, describe, expect, it } from "vitest"
import { made } from "../src/index.ts"

beforeAll(registerGradients)

describe("made", () => {
  it("output i does not move with inputs that do not come before it", () => {
    const recipe = made({ size: 4, outputs: 3, hidden: [7, 9], order: [2, 0, 3, 1] })
    const params = randomizeParams(recipe.init(makeKey(1)), makeKey(2))
    const place = [2, 0, 3, 1]
    tf.tidy(() => {
      const network = instantiate(recipe, params)
      const x = randomNormal(makeKey(3), [1, 4])
      for (let output = 0; output < 4; output++) {
        for (let parameter = 0; parameter < 3; parameter++) {
          const gradient = tf.grad((at: tf.Tensor) =>
            tf.slice(network(at)[parameter]!, [0, output], [1, 1]),
          )(x)
          ;[...gradient.dataSync()].forEach((g, input) => {
            if (place[input]! >= place[output]!) expect(g).toBe(0)
            else expect(g).not.toBe(0)
          })
        }
      }
    })
  })

  it("masked weights start at zero", () => {
    const params = made({ size: 3, outputs: 1, hidden: [4] }).init(makeKey(0))
    const first = paramLeaves(params).find(([path]) => path.join() === "0,weight")![1]
    // Inputs of degrees 1, 2, 3 into units of degrees 1, 1, 2, 2.
    expect([...first.values].map((w) => w !== 0)).toEqual(
      [
        [1, 1, 1, 1],
        [0, 0, 1, 1],
        [0, 0, 0, 0],
      ]
        .flat()
        .map(Boolean),
    )
  })

  it("one dimension depends on nothing but the context", () => {
    const recipe = made({ size: 1, outputs: 2, hidden: [5], contextSize: 2 })
    const params = randomizeParams(recipe.init(makeKey(1)), makeKey(2))
    tf.tidy(() => {
      const at = (x: number, c: number): number =>
        instantiate(recipe, params, { context: tf.tensor2d([[c, 1]]) })(
          tf.tensor2d([[x]]),
        )[0]!.dataSync()[0]!
      expect(at(5, 0)).toBe(at(-5, 0))
      expect(at(0, 1)).not.toBe(at(0, -1))
    })
  })

  it("a context broadcasts over sample axes", () => {
    const recipe = made({ size: 2, outputs: 1, contextSize: 3 })
    tf.tidy(() => {
      const network = instantiate(recipe, recipe.init(makeKey(0)), { context: tf.zeros([4, 3]) })
      expect(network(tf.zeros([6, 4, 2]))[0]!.shape).toEqual([6, 4, 2])
    })
  })

  it("names the context it misses, and refuses sizes that make no network", () => {
    const recipe = made({ size: 2, outputs: 1, contextSize: 3 })
    const params = recipe.init(makeKey(0))
    expect(() => tf.tidy(() => void instantiate(recipe, params))).toThrow(
      "expected a context of shape [...batch, 3], got none",
    )
    expect(() => made({ size: 0, outputs: 1 })).toThrow("got 0")
    expect(() => made({ size: 2, outputs: 1, hidden: [3.5] })).toThrow("got 3.5")
  })

  it("the same key gives the same parameters, another key others", () => {
    const recipe = made({ size: 3, outputs: 2 })
    const flat = (seed: number) => flattenParams(recipe.init(makeKey(seed)), "trainable")
    expect(flat(4)).toEqual(flat(4))
    expect(flat(4)).not.toEqual(flat(5))
  })
})
