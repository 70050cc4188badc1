import {
  bijectorKind,
  chain,
  combinatorPlugins,
  instantiate,
  makeKey,
  makeRegistry,
  normalValues,
  type Param,
  type Params,
  type ParametricBijector,
  randomizeParams,
  randomPermutation,
  trainable,
} from "@pushforward/core"
import { inFloat64 } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import {
  actNorm,
  batchNorm,
  bijectorPlugins,
  luLinear,
  permute,
  trainableScaleTril,
} from "../src/index.ts"
import { expectNear, onEachEngine, read } from "./engines.ts"
import golden from "./golden/layers.json" with { type: "json" }

onEachEngine("lu-linear", () => {
  const { in: rows } = golden.luLinear
  const recipe = luLinear(5)
  it("one dimension scales and shifts, and its parameters can be trained", () => {
    for (const one of [luLinear(1), trainableScaleTril(1)]) {
      const fresh = one.init(makeKey(0))
      expect(Object.keys(fresh)).not.toContain("lower")
      const names = Object.keys(fresh)
      const gradients = tf.grads((...leaves: Array<tf.Tensor>) => {
        const built = one.build(Object.fromEntries(names.map((name, i) => [name, leaves[i]!])))
        const [x, total] = built.inverseAndLogDet(tf.tensor2d([[2], [5]]))
        return tf.add(tf.sum(x), tf.sum(total))
      })(names.map((name) => tf.tensor((fresh[name] as Param).values)))
      expect(gradients.every((g) => read(g).every((v) => Number.isFinite(v) && v !== 0))).toBe(true)
    }
  })
  it("64 dimensions come back", () => {
    const wide = luLinear(64)
    const bijector = instantiate(wide, randomizeParams(wide.init(makeKey(1)), makeKey(2), 0.05))
    const y = tf.tensor(normalValues(makeKey(3), 128), [2, 64])
    expectNear(bijector.forward(bijector.inverse(y)), read(y), { tolerance: 1e-4 })
  })
  it("the diagonal stays within its bounds, whatever is learnt", () => {
    const wild = {
      ...recipe.init(makeKey(0)),
      rawDiagonal: trainable([5], [1e4, -1e4, 1e4, -1e4, 0]),
    }
    const [x, total] = instantiate(recipe, wild).inverseAndLogDet(tf.tensor2d(rows))
    expect(read(x).every(Number.isFinite)).toBe(true)
    expectNear(total, [0, 0, 0, 0], { tolerance: 1e-5 })
  })
})

describe("lu-linear in float64", () => {
  it("the solution undoes the product to the last digits", () => {
    const recipe = luLinear(12)
    const params = randomizeParams(recipe.init(makeKey(4)), makeKey(5), 0.3)
    const values = Array.from(normalValues(makeKey(6), 36))
    const [off, sum] = inFloat64(
      ([y]) => {
        const bijector = instantiate(recipe, params)
        const [x, there] = bijector.inverseAndLogDet(y!)
        const [again, back] = bijector.forwardAndLogDet(x)
        return [tf.sub(again, y!), tf.add(there, back)]
      },
      [{ shape: [3, 12], values }],
    )
    expect(off!.values.every((v) => Math.abs(v) < 1e-11)).toBe(true)
    expect(sum!.values.every((v) => Math.abs(v) < 1e-14)).toBe(true)
  })
})

/** Runs the inverse in a mode of training, and gives the parameters with what was reported. */
const passOver = (
  recipe: ParametricBijector,
  params: Params,
  rows: tf.Tensor,
  mode: "train" | "gather" = "train",
): { readonly params: Params; readonly x: tf.Tensor; readonly logDet: tf.Tensor } => {
  const next: Record<string, Param> = {}
  const bijector = instantiate(recipe, params, {
    mode,
    report: ([name], value) =>
      (next[name!] = { ...(params[name!] as Param), values: Float32Array.from(read(value)) }),
  })
  const [x, logDet] = bijector.inverseAndLogDet(rows)
  return { params: { ...params, ...next }, x, logDet }
}

const values = (params: Params, name: string): Float32Array => (params[name] as Param).values

/** Rows of single numbers. */
const column = (...numbers: ReadonlyArray<number>): tf.Tensor =>
  tf.tensor2d([...numbers], [numbers.length, 1])

onEachEngine("act-norm", () => {
  const expected = golden.actNorm
  const recipe = actNorm([2])
  const first = (): ReturnType<typeof passOver> =>
    passOver(recipe, recipe.init(makeKey(0)), tf.tensor2d(expected.first))
  it("keeps the first batch's statistics", () => {
    const { params } = first()
    const again = passOver(recipe, params, tf.tensor2d(expected.second))
    for (const { params: kept } of [{ params }, again]) {
      expectNear(tf.tensor1d(values(kept, "mean")), expected.mean)
      expectNear(tf.tensor1d(values(kept, "deviation")), expected.deviation)
      expect(values(kept, "initialised")).toEqual(Float32Array.of(1))
    }
  })
  it("from then on is the same map in training and in evaluation, both ways", () => {
    const params = {
      ...first().params,
      rawScale: trainable([2], expected.rawScale),
      shift: trainable([2], expected.shift),
    }
    const second = tf.tensor2d(expected.second)
    const evaluated = instantiate(recipe, params).inverseAndLogDet(second)
    const { x, logDet } = passOver(recipe, params, second)
    for (const [value, total] of [evaluated, [x, logDet] as const]) {
      expectNear(value, expected.out.flat(), { tolerance: 3e-6 })
      expectNear(total, [expected.logDet, expected.logDet])
    }
    expectNear(instantiate(recipe, params).forward(x), expected.second.flat(), { tolerance: 3e-6 })
  })
  it("a single row, and a row without a batch, are passed through and are not the first batch", () => {
    for (const row of [tf.tensor2d([[3, -4]]), tf.tensor1d([3, -4])]) {
      const { params, x } = passOver(recipe, recipe.init(makeKey(0)), row)
      expect(read(x)).toEqual([3, -4])
      expect(values(params, "initialised")).toEqual(Float32Array.of(0))
    }
  })
  it("a constant element stays finite", () => {
    const { x, logDet } = passOver(
      recipe,
      recipe.init(makeKey(0)),
      tf.tensor2d([
        [7, 1],
        [7, 3],
      ]),
    )
    expect(read(x).slice(0, 3)).toEqual([0, expect.closeTo(-1, 4), 0])
    expectNear(logDet, Array<number>(2).fill(-0.5 * Math.log(1e-5) - 0.5 * Math.log(1 + 1e-5)))
  })
  it("no gradient passes the first batch's statistics", () => {
    const build = () => instantiate(recipe, recipe.init(makeKey(0)), { mode: "train" })
    const slope = tf.grad((y: tf.Tensor) => tf.sum(build().inverse(y)))(tf.tensor2d(expected.first))
    expectNear(
      slope,
      expected.first.flatMap(() => expected.deviation.map((d) => 1 / d)),
    )
    const still = tf.grad((y: tf.Tensor) =>
      tf.add(tf.sum(build().inverseAndLogDet(y)[1]), tf.mul(0, tf.sum(y))),
    )(tf.tensor2d(expected.first))
    expect(read(still).every((value) => Math.abs(value) === 0)).toBe(true)
  })
  it("stacked layers start together, each on what the one nearer to the data gives it", () => {
    const stacked = chain(actNorm([1]), batchNorm([1]), actNorm([1]))
    const whitened = instantiate(stacked, stacked.init(makeKey(0)), { mode: "train" }).inverse(
      tf.tensor2d([[100], [104], [108], [112]]),
    )
    const { mean, variance } = tf.moments(whitened)
    expect(read(mean)[0]).toBeCloseTo(0, 4)
    expect(read(variance)[0]).toBeCloseTo(1, 3)
  })
})

onEachEngine("batch-norm", () => {
  it("averages plainly at first, then by momentum; a single row changes nothing", () => {
    const recipe = batchNorm([1], { momentum: 0.5 })
    let params = recipe.init(makeKey(0))
    const means = [[2, 4], [4, 6], [8, 8], [100]].map((rows) => {
      params = passOver(recipe, params, column(...rows)).params
      return values(params, "mean")[0]
    })
    expect(means).toEqual([3, 4, 6, 6])
  })
  it("in eval, both directions use the statistics in state and report nothing", () => {
    for (const statistics of ["running", "training-set"] as const) {
      const recipe = batchNorm([2], { statistics })
      const params = randomizeParams(recipe.init(makeKey(0)), makeKey(1))
      const bijector = instantiate(recipe, params, {
        report: () => expect.unreachable("no report in eval"),
      })
      const y = tf.tensor2d([
        [1, 2],
        [3, -4],
      ])
      expectNear(bijector.forward(bijector.inverse(y)), [1, 2, 3, -4], { tolerance: 1e-5 })
    }
  })
  it("statistics of the training set: training leaves none, pieces of any size add up", () => {
    const recipe = batchNorm([2], { statistics: "training-set" })
    const rows = normalValues(makeKey(6), 60).map((z, i) => (i % 2 === 0 ? 3 * z + 40 : z - 1))
    const piece = (from: number, to: number): tf.Tensor =>
      tf.tensor2d(rows.slice(2 * from, 2 * to), [to - from, 2])
    const fresh = recipe.init(makeKey(0))
    const trained = passOver(recipe, fresh, piece(0, 3))
    expect(trained.params).toEqual(fresh)
    // Training goes by the batch.
    expectNear(tf.mean(trained.x, 0), [0, 0], { tolerance: 1e-4 })
    const gathered = [piece(0, 4), piece(4, 16), piece(16, 30)].reduce<Params>(
      (params, each) => passOver(recipe, params, each, "gather").params,
      fresh,
    )
    const columns = [0, 1].map((i) => Array.from(rows).filter((_, at) => at % 2 === i))
    const meanOf = (of: ReadonlyArray<number>): number => of.reduce((sum, v) => sum + v / 30, 0)
    const mean = columns.map(meanOf)
    const variance = columns.map((of, i) => meanOf(of.map((v) => (v - mean[i]!) ** 2)))
    expectNear(tf.tensor1d(values(gathered, "mean")), mean)
    expectNear(tf.tensor1d(values(gathered, "variance")), variance, { tolerance: 1e-5 })
    expect(values(gathered, "rows")).toEqual(Float32Array.of(30))
    const [x, logDet] = instantiate(recipe, gathered).inverseAndLogDet(tf.tensor2d([mean]))
    expectNear(x, [0, 0], { tolerance: 1e-5 })
    expectNear(logDet, [variance.reduce((sum, v) => sum - 0.5 * Math.log(v + 1e-5), 0)])
  })
  it("running statistics take no part in a pass that gathers", () => {
    const recipe = batchNorm([1])
    const fresh = recipe.init(makeKey(0))
    const { params, x } = passOver(recipe, fresh, column(2, 4), "gather")
    expect(params).toEqual(fresh)
    expectNear(x, [2, 4], { tolerance: 1e-5 })
  })
})

describe("permute by a seed", () => {
  const registry = Result.getOrThrow(makeRegistry([...combinatorPlugins, ...bijectorPlugins]))
  it("is the order that code gets from the same seed", () => {
    const compiled = Result.getOrThrow(
      registry.compile(bijectorKind, { _tag: "permute", seed: 12 }, { eventShape: [9] }),
    )
    const x = tf.range(0, 9)
    const forward = (compiled as ReturnType<typeof permute>).forward(x)
    expect(read(forward)).toEqual(Array.from(randomPermutation(makeKey(12), 9)))
    expect(read(permute(randomPermutation(makeKey(12), 9)).forward(x))).toEqual(read(forward))
    expect(read(permute(randomPermutation(makeKey(13), 9)).forward(x))).not.toEqual(read(forward))
  })
})
