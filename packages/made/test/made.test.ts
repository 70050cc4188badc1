import "@tensorflow/tfjs-backend-cpu"
import {
  flattenParams,
  instantiate,
  makeKey,
  type Param,
  type Params,
  randomizeParams,
  randomNormal,
} from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import * as tf from "@tensorflow/tfjs-core"
import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { made, masksOf } from "../src/index.ts"
import { anyUnconditional } from "./anyStructure.ts"

beforeAll(registerGradients)

describe("made", () => {
  it("masked weights start at zero and have no gradient", () => {
    fc.assert(
      fc.property(anyUnconditional, ({ options, seed }) => {
        const recipe = made({ ...options, outputs: 2, seed })
        const masks = masksOf(recipe.structure, { outputs: 2 })
        const params = recipe.init(makeKey(seed))
        const random = randomizeParams(params, makeKey(seed))
        const weightOf = (tree: Params, l: number): Param =>
          (tree[String(l)] as Params)["weight"] as Param
        tf.tidy(() => {
          const x = randomNormal(makeKey(seed), [3, options.size])
          const gradients = tf.grads((...weights: Array<tf.Tensor>) => {
            const tree = Object.fromEntries(
              weights.map((weight, l) => [
                String(l),
                { weight, bias: tf.zeros([weight.shape[1]!]) },
              ]),
            )
            return tf.sum(tf.square(recipe.build(tree).apply(x)))
          })(masks.map((_, l) => tf.tensor(weightOf(random, l).values, [...masks[l]!.shape])))
          masks.forEach(({ values }, l) => {
            const initial = weightOf(params, l).values
            const gradient = gradients[l]!.dataSync()
            values.forEach((kept, i) => {
              if (kept) expect(initial[i]).not.toBe(0)
              else expect([initial[i]!, gradient[i]!].map(Math.abs)).toEqual([0, 0])
            })
          })
        })
      }),
      { numRuns: 30 },
    )
  })

  it("levels: a weight leads to a unit that is known no earlier, and outputs are known before their dimension", () => {
    fc.assert(
      fc.property(anyUnconditional, ({ options, seed }) => {
        const recipe = made({ ...options, features: 2, outputs: 3, seed })
        tf.tidy(() => {
          const random = randomizeParams(recipe.init(makeKey(seed)), makeKey(seed))
          const { layers, levels } = instantiate(recipe, random)
          for (const { matrix, from, to } of layers) {
            const weight = matrix.whole()
            expect(weight.shape).toEqual([from.length, to.length])
            weight.dataSync().forEach((value, i) => {
              if (value !== 0) {
                expect(from[Math.floor(i / to.length)]!).toBeLessThanOrEqual(to[i % to.length]!)
              }
            })
          }
          expect(layers[0]!.from).toEqual([...levels, ...levels])
          layers
            .at(-1)!
            .to.forEach((level, column) =>
              expect(level).toBeLessThan(levels[column % options.size]!),
            )
        })
      }),
      { numRuns: 30 },
    )
  })

  it("one dimension depends on nothing but the context", () => {
    const recipe = made({ size: 1, outputs: 2, hidden: [5], contextSize: 2 })
    const params = randomizeParams(recipe.init(makeKey(1)), makeKey(2))
    tf.tidy(() => {
      const at = (x: number, c: number): number =>
        instantiate(recipe, params, { context: tf.tensor2d([[c, 1]]) })
          .apply(tf.tensor2d([[x]]))
          .dataSync()[0]!
      expect(at(5, 0)).toBe(at(-5, 0))
      expect(at(0, 1)).not.toBe(at(0, -1))
    })
  })

  it("every dimension depends on the context, the first one too", () => {
    const recipe = made({ size: 3, outputs: 1, hidden: [6], contextSize: 1 })
    const params = randomizeParams(recipe.init(makeKey(1)), makeKey(2))
    tf.tidy(() => {
      const at = (c: number): ReadonlyArray<number> => [
        ...instantiate(recipe, params, { context: tf.tensor2d([[c]]) })
          .apply(tf.zeros([1, 3]))
          .dataSync(),
      ]
      at(1).forEach((value, i) => expect(value).not.toBe(at(-1)[i]))
    })
  })

  it("a context broadcasts over sample axes", () => {
    const recipe = made({ size: 2, outputs: 1, contextSize: 3 })
    tf.tidy(() => {
      const network = instantiate(recipe, recipe.init(makeKey(0)), { context: tf.zeros([4, 3]) })
      expect(network.apply(tf.zeros([6, 4, 2])).shape).toEqual([6, 4, 2])
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
