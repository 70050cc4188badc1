import "@tensorflow/tfjs-backend-cpu"
import {
  foldKey,
  instantiate,
  makeKey,
  mapParams,
  type Params,
  randomizeParams,
  randomNormal,
  state,
  toTensors,
} from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import type { ParametricDistribution } from "@pushforward/distributions"
import { inFloat64 } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { beforeAll, describe, expect, it } from "vitest"
import {
  conditionals,
  madeBernoulli,
  madeCategorical,
  madeGaussian,
  madeMog,
  memberStructure,
  networkEnsemble,
} from "../src/index.ts"

beforeAll(registerGradients)

const random = (recipe: ParametricDistribution, seed: number): Params =>
  randomizeParams(recipe.init(makeKey(seed)), makeKey(seed + 1), 1)

/** A graph by the dimensions that each depends on. */
const graphOf = (
  parents: ReadonlyArray<ReadonlyArray<number>>,
): ReadonlyArray<ReadonlyArray<boolean>> =>
  parents.map((of) => parents.map((_, i) => of.includes(i)))

/** Every vector of `size` values below `count`. */
const everyVector = (size: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count ** size }, (_, k) =>
    Array.from({ length: size }, (__, i) => Math.floor(k / count ** i) % count),
  ).flat()

describe("discrete densities", () => {
  it.each([
    ["coins", madeBernoulli({ size: 5, hidden: [9, 7] }), 2],
    [
      "coins, ten sets of masks",
      madeBernoulli({
        size: 4,
        hidden: [9],
        order: "random",
        connectivity: "random",
        masks: 10,
        direct: true,
      }),
      2,
    ],
    [
      "coins, inputs straight to outputs",
      madeBernoulli({ size: 5, hidden: [4], order: "reversed", direct: true }),
      2,
    ],
    ["categories", madeCategorical({ size: 3, hidden: [9], categories: 4, order: "reversed" }), 4],
  ] as const)("%s: all probabilities sum to one, in float64", (_, recipe, count) => {
    const params = random(recipe, 3)
    const [size] = recipe.eventShape as [number]
    const [logProb] = inFloat64(
      ([x]) => [recipe.build(toTensors(params)).logProb(x!)],
      [{ shape: [count ** size, size], values: everyVector(size, count) }],
    )
    const sum = logProb!.values.reduce((total, value) => total + Math.exp(value), 0)
    expect(Math.abs(sum - 1)).toBeLessThan(1e-12)
  })

  it("extreme logits: log probabilities stay finite, draws certain", () => {
    const coin = conditionals.bernoulli()
    const dice = conditionals.categorical(3)
    tf.tidy(() => {
      const raw = tf.tensor([500, -500], [1, 1, 2])
      expect([...coin.logProb(tf.tensor2d([[1, 0]]), raw).dataSync()].map(Math.abs)).toEqual([0, 0])
      expect([...coin.logProb(tf.tensor2d([[0, 1]]), raw).dataSync()]).toEqual([-500, -500])
      expect([...coin.sample([tf.tensor2d([[0.999, 0.999]])], raw).dataSync()]).toEqual([1, 0])
      const logits = tf.tensor([900, 0, 0, 900, 0, 0], [1, 3, 2])
      expect([...dice.logProb(tf.tensor2d([[0, 0]]), logits).dataSync()]).toEqual([0, -900])
      expect([
        ...dice.sample([tf.tensor2d([[1 - 2 ** -24, 1 - 2 ** -24]])], logits).dataSync(),
      ]).toEqual([0, 1])
    })
  })

  it("a row outside the support scores −∞ and leaves the gradients of the others alone", () => {
    const recipe = madeBernoulli({ size: 2, hidden: [4] })
    const params = random(recipe, 1)
    tf.tidy(() => {
      const gradientOf = (rows: ReadonlyArray<ReadonlyArray<number>>, weight: number) =>
        tf
          .grads((bias: tf.Tensor) => {
            const tensors = toTensors(params)
            const scores = recipe
              .build({ ...tensors, 0: { ...(tensors["0"] as Params & typeof tensors), bias } })
              .logProb(tf.tensor2d(rows as number[][]))
            return tf.sum(tf.mul(tf.where(tf.isFinite(scores), scores, 0), weight))
          })([tf.ones([4])])[0]!
          .dataSync()
      const recipeBuilt = instantiate(recipe, params)
      expect(recipeBuilt.logProb(tf.tensor2d([[0.5, 0]])).dataSync()[0]).toBe(-Infinity)
      expect(
        gradientOf(
          [
            [1, 0],
            [0.5, 3],
          ],
          1,
        ),
      ).toEqual(gradientOf([[1, 0]], 1))
    })
  })
})

describe("continuous densities", () => {
  it("a mixture of one component is the normal distribution", () => {
    const options = { size: 3, hidden: [5] }
    const one = madeMog({ ...options, components: 1 })
    const normal = madeGaussian(options)
    const params = random(one, 4)
    // The logits of one component do not matter.
    const last = params["1"] as { readonly weight: Params[string]; readonly bias: Params[string] }
    const columns = (leaf: unknown, rows: number) => {
      const { values } = leaf as { readonly values: Float32Array }
      return Float32Array.from(
        { length: rows * 6 },
        (_, i) => values[Math.floor(i / 6) * 9 + 3 + (i % 6)]!,
      )
    }
    const rest: Params = {
      ...params,
      1: {
        weight: { role: "trainable", shape: [5, 6], values: columns(last.weight, 5) },
        bias: { role: "trainable", shape: [6], values: columns(last.bias, 1) },
      },
    }
    tf.tidy(() => {
      const x = randomNormal(makeKey(1), [20, 3])
      const expected = instantiate(normal, rest).logProb(x).dataSync()
      instantiate(one, params)
        .logProb(x)
        .dataSync()
        .forEach((score, i) => expect(score).toBeCloseTo(expected[i]!, 4))
    })
  })

  it("components start apart, and a point however far away scores no NaN", () => {
    const recipe = madeMog({ size: 2, components: 4 })
    tf.tidy(() => {
      const built = instantiate(recipe, recipe.init(makeKey(0)))
      expect([
        ...built
          .logProb(
            tf.tensor2d([
              [3e38, 0],
              [1e20, -1e20],
            ]),
          )
          .dataSync(),
      ]).not.toContain(NaN)
    })
    const bias = (recipe.init(makeKey(0))["2"] as Params)["bias"] as {
      readonly values: Float32Array
    }
    expect(new Set(bias.values.subarray(8, 16)).size).toBe(4)
  })
})

describe("direct connections", () => {
  it.each([
    ["one set of masks, a graph", { order: [[], [0], [0], [1, 2]] }],
    ["one set of masks, wide enough to be cut", { size: 90, order: "reversed" }],
    ["several sets of masks", { order: "random", masks: 3 }],
  ] as const)("%s: add what is linear in the dimensions before", (_, { order, ...rest }) => {
    const size = "size" in rest ? rest.size : 4
    const options = {
      ...rest,
      size,
      features: 2,
      outputs: 3,
      hidden: [5],
      order: typeof order === "string" ? order : graphOf(order),
      direct: true,
    }
    const ensemble = networkEnsemble(options)
    const zeros = mapParams(ensemble.init(makeKey(0)), (leaf) => ({
      ...leaf,
      values: leaf.values.map(() => 0),
    }))
    const direct = randomizeParams({ direct: zeros["direct"]! }, makeKey(1))
    tf.tidy(() => {
      const members = ensemble.build(toTensors({ ...zeros, ...direct })).members()
      members.forEach(({ apply, levels }, k) => {
        const { sets, outputs } = memberStructure(options, k).dependencies
        // Row i of the result is what input i alone gives: row i of the weights that are kept.
        const kept = apply(tf.eye(2 * size)).dataSync()
        const wrong = kept.filter((weight, at) => {
          const [from, to] = [Math.floor(at / (3 * size)) % size, at % size]
          return (weight !== 0) !== sets[outputs[to]!]!.includes(from)
        })
        expect(kept).toHaveLength(2 * size * 3 * size)
        expect(wrong).toHaveLength(0)
        expect(levels).toHaveLength(size)
        expect(apply(tf.zeros([1, 2 * size])).dataSync()).toEqual(new Float32Array(3 * size))
      })
    })
  })

  it("weigh nothing before training", () => {
    const of = { size: 4, hidden: [6], outputs: 1 }
    for (const more of [{}, { order: "random", masks: 2 } as const]) {
      const [plain, direct] = [
        { ...of, ...more },
        { ...of, ...more, direct: true },
      ].map((options) => {
        const ensemble = networkEnsemble(options)
        const { apply } = instantiate(ensemble, ensemble.init(makeKey(5))).members()[0]!
        return apply(randomNormal(makeKey(6), [3, 4])).dataSync()
      })
      expect(direct).toEqual(plain)
    }
  })
})

describe("several sets of masks", () => {
  const options = {
    size: 4,
    hidden: [12, 11],
    order: "random",
    connectivity: "random",
    masks: 5,
    seed: 9,
    direct: true,
  } as const

  it("the density is the average of those of its members", () => {
    const recipe = madeBernoulli(options)
    const { mask: _, ...params } = random(recipe, 2)
    const alone = Array.from({ length: 5 }, (__, k) => {
      const { dependencies } = memberStructure(options, k)
      return dependencies.levels.map((level) => level - 1)
    })
    expect(new Set(alone.map(String)).size).toBeGreaterThan(1)
    const ensemble = networkEnsemble({ ...options, outputs: 1 })
    const x = everyVector(4, 2)
    const [whole, ...members] = inFloat64(
      ([at]) => {
        const tensors = toTensors({ ...params, mask: state([], 0) })
        const coin = conditionals.bernoulli()
        return [
          recipe.build(tensors).logProb(at!),
          ...ensemble
            .build(tensors)
            .members()
            .map(({ apply }) => tf.sum(coin.logProb(at!, tf.expandDims(apply(at!), -2)), -1)),
        ]
      },
      [{ shape: [16, 4], values: x }],
    )
    whole!.values.forEach((value, i) => {
      const probabilities = members.map(({ values }) => Math.exp(values[i]!))
      const mean = probabilities.reduce((a, b) => a + b, 0) / 5
      expect(Math.abs(value - Math.log(mean))).toBeLessThan(1e-12)
    })
  })

  it("every member keeps to its own order, exactly", () => {
    const ensemble = networkEnsemble({ ...options, outputs: 2 })
    const params = randomizeParams(ensemble.init(makeKey(1)), makeKey(2))
    for (let k = 0; k < 5; k++) {
      const { sets, outputs } = memberStructure(options, k).dependencies
      const [jacobian] = inFloat64(
        ([x]) => {
          const { apply } = ensemble.build(toTensors(params)).members()[k]!
          return [tf.grad((t) => tf.sum(tf.mul(apply(t), tf.eye(8))))(x!)]
        },
        [{ shape: [8, 4], values: Array.from({ length: 32 }, (_, i) => Math.sin(i % 4)) }],
      )
      jacobian!.values.forEach((slope, at) => {
        const [output, input] = [Math.floor(at / 4) % 4, at % 4]
        if (!sets[outputs[output]!]!.includes(input)) expect(slope).toBe(0)
      })
      expect(jacobian!.values.some((slope) => slope !== 0)).toBe(true)
    }
  })

  it("training takes the members in turn, and the state says whose turn it is", () => {
    const ensemble = networkEnsemble({ ...options, outputs: 1 })
    const params = randomizeParams(ensemble.init(makeKey(3)), makeKey(5))
    tf.tidy(() => {
      const x = randomNormal(makeKey(4), [6, 4])
      let mask = tf.scalar(0)
      for (let step = 0; step < 7; step++) {
        const tree = { ...toTensors(params), mask }
        const { current, members } = ensemble.build(tree, {
          mode: "train",
          report: (path, value) => {
            expect(path).toEqual(["mask"])
            mask = value as tf.Scalar
          },
        })
        expect(current()).toHaveLength(1)
        expect(current()[0]!.apply(x).dataSync()).toEqual(members()[step % 5]!.apply(x).dataSync())
      }
      expect(mask.dataSync()[0]).toBe(2)
    })
  })

  it("refuses masks that would all be the same, or that a graph does not have", () => {
    expect(() => madeBernoulli({ size: 3, masks: 2 })).toThrow("expected 2 different masks")
    expect(() => madeBernoulli({ size: 3, masks: 0 })).toThrow("expected masks of 1, 2, …, got 0")
    expect(() =>
      madeBernoulli({ size: 1, masks: 2, order: [[false]], connectivity: "random" }),
    ).toThrow("got a graph")
  })

  it("draws come from every member alike", () => {
    const recipe = madeGaussian({ size: 2, hidden: [4], order: "random", masks: 4, seed: 1 })
    const params = random(recipe, 5)
    tf.tidy(() => {
      const built = instantiate(recipe, params)
      const x = built.sample(foldKey(makeKey(1), "x"), [4000])
      // The average of 1/p(x) over draws, those outside a square counted as nothing, is the square's area.
      const inside = tf.all(tf.lessEqual(tf.abs(x), 1), -1)
      const weights = tf.where(inside, tf.exp(tf.neg(built.logProb(x))), tf.zeros([4000]))
      const { mean, variance } = tf.moments(weights)
      const error = Math.sqrt(variance.dataSync()[0]! / 4000)
      expect(Math.abs(mean.dataSync()[0]! - 4)).toBeLessThan(5 * error)
      expect(error).toBeLessThan(0.4)
    })
  })
})
