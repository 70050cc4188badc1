import { cpu } from "@pushforward/backend-cpu"
import { onnx } from "@pushforward/backend-onnx"
import {
  flattenParams,
  inline,
  makeKey,
  normalValues,
  type RandomKey,
  trainable,
  uniformValues,
} from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import {
  constant,
  cosine,
  type FitData,
  fitDensity,
  type FitOptions,
  maximumLikelihood,
  plateau,
  type Rows,
  sgd,
  warmUp,
} from "../src/index.ts"
import { flatModel } from "../src/flatModel.ts"
import { ratesAt } from "../src/rates.ts"
import { trainingStep } from "../src/trainingStep.ts"

/** Moves by `a`, so that the loss is `½ (y − a)²` in each column and a constant. */
const shift = inline({
  name: "shift",
  parameters: () => ({ a: trainable([2], 0) }),
  forward: (x, { a }) => tf.add(x, a),
  inverse: (y, { a }) => tf.sub(y, a),
  forwardLogDet: (x) => tf.zerosLike(x),
})
const density = transformed(standardNormal([2]), shift)

const n = 400
/** The first half of the rows is around (1, −1), the second around (5, 3). */
const rows: Rows = {
  shape: [n, 2],
  dtype: "float32",
  values: normalValues(makeKey(1), 2 * n).map(
    (z, i) => z + (i % 2 === 0 ? 1 : -1) + (i >= n ? 4 : 0),
  ),
}
const data = { train: rows, validation: rows } satisfies FitData
const exact: FitOptions = {
  epochs: 60,
  batchSize: n,
  patience: 60,
  clipNorm: 1e9,
  optimiser: sgd({ momentum: 0 }),
  schedule: constant(0.5),
}
const meanOf = (from: number, to: number): ReadonlyArray<number> =>
  [0, 1].map((j) => {
    let sum = 0
    for (let i = from; i < to; i++) sum += rows.values[2 * i + j]!
    return sum / (to - from)
  })
const fitted = (options: FitOptions, given: FitData = data, layer = cpu) =>
  Effect.runPromise(
    Effect.map(Effect.provide(fitDensity(density, given, options), layer), (done) => ({
      done,
      a: flattenParams(done.params, "trainable"),
    })),
  )

describe("schedules", () => {
  it("warm-up rises to the schedule behind it, once", () => {
    const schedule = warmUp(constant(2), 0.1)
    expect([0, 4, 9, 10, 99].map((step) => schedule(step, 100))).toEqual([0.2, 1, 2, 2, 2])
    expect(warmUp(cosine(1, { warmUp: 0 }), 0.1)(60, 100)).toBe(cosine(1, { warmUp: 0 })(60, 100))
  })

  it("plateau falls when validation no longer gains, and begins to wait anew", () => {
    const schedule = plateau(1, { factor: 0.1, patience: 2 })
    const at = (...validations: ReadonlyArray<number>) => schedule(0, 1, validations)
    expect(at()).toBe(1)
    expect(at(-3, -2, -1)).toBe(1)
    expect(at(-3, -2, -2.5)).toBe(1)
    expect(at(-3, -2, -2.5, -2)).toBeCloseTo(0.1)
    expect(at(-3, -2, -2.5, -2, -2)).toBeCloseTo(0.1)
    expect(at(-3, -2, -2.5, -2, -2, -2)).toBeCloseTo(0.01)
    expect(at(-3, -2, -2.5, -1, -1)).toBe(1)
  })

  it("plateau sees the validations of its run", async () => {
    const { done } = await fitted({ ...exact, schedule: plateau(0.5, { patience: 3 }) })
    expect(done.validationLogLikelihood).toBeLessThan(0)
  })
})

describe.each(Object.entries({ cpu, onnx }))("options on %s", (_, layer) => {
  it("weights: rows of weight 0 do not count, others by how much they weigh", async () => {
    const half = Float32Array.from({ length: n }, (_row, i) => (i < n / 2 ? 3 : 0))
    const first = await fitted(exact, { ...data, weights: half, validationWeights: half }, layer)
    meanOf(0, n / 2).forEach((mean, j) => expect(first.a[j]).toBeCloseTo(mean, 2))
    const mixed = Array.from({ length: n }, (_row, i) => (i < n / 2 ? 1 : 3))
    const both = await fitted(exact, { ...data, weights: mixed, validationWeights: mixed }, layer)
    const [low, high] = [meanOf(0, n / 2), meanOf(n / 2, n)]
    low.forEach((mean, j) => expect(both.a[j]).toBeCloseTo(0.25 * mean + 0.75 * high[j]!, 2))
  })

  it("batches are no larger than the rows", async () => {
    const whole = await fitted(exact, data, layer)
    expect((await fitted({ ...exact, batchSize: 10 * n }, data, layer)).a).toEqual(whole.a)
  })

  it("l2: the minimum of ½ (y − a)² + λ a² is at mean / (1 + 2 λ)", async () => {
    const { a } = await fitted({ ...exact, l2: 0.5 }, data, layer)
    meanOf(0, n).forEach((mean, j) => expect(a[j]).toBeCloseTo(mean / 2, 4))
  })

  it("averaging: what is kept is the average, behind the values themselves", async () => {
    const short = { ...exact, epochs: 20, averaging: 0.9 }
    const { a } = await fitted(short, data, layer)
    // By hand: plain descent goes half of the way at each step.
    meanOf(0, n).forEach((mean, j) => {
      let [value, average] = [0, 0]
      for (let t = 0; t < 20; t++) {
        value += 0.5 * (mean - value)
        const decay = Math.min(0.9, (1 + t) / (10 + t))
        average = decay * average + (1 - decay) * value
      }
      expect(a[j]).toBeCloseTo(average, 2)
    })
  })
})

describe("weights of the validation rows", () => {
  it("choose the best epoch, and are in its score", async () => {
    const validationWeights = Array.from({ length: n }, (_, i) => (i < n / 2 ? 1 : 0))
    const { done } = await fitted({ ...exact, epochs: 1 }, { ...data, validationWeights })
    const [a, b] = flattenParams(done.params, "trainable")
    let sum = 0
    for (let i = 0; i < n / 2; i++) {
      const [x, y] = [rows.values[2 * i]! - a!, rows.values[2 * i + 1]! - b!]
      sum -= 0.5 * (x * x + y * y) + Math.log(2 * Math.PI)
    }
    expect(done.validationLogLikelihood).toBeCloseTo(sum / (n / 2), 4)
  })
})

describe("options and data that make no sense", () => {
  it("a density with nothing to train", async () => {
    const fixed = inline({
      name: "fixed",
      parameters: () => ({}),
      forward: (x) => tf.add(x, 1),
      inverse: (y) => tf.sub(y, 1),
      forwardLogDet: (x) => tf.zerosLike(x),
    })
    const still = transformed(standardNormal([2]), fixed)
    await expect(
      Effect.runPromise(Effect.provide(fitDensity(still, data, exact), cpu)),
    ).rejects.toThrow(/fixed.* has no trainable values\. Choose another flow/)
  })

  it.each([
    [{ l2: -1 }, "l2: expected a number from 0, got -1"],
    [{ averaging: 1 }, "averaging: expected a number from 0 to below 1, got 1"],
    [{ recoveries: 0.5 }, "recoveries: expected a whole number from 0, got 0.5"],
  ])("%j", async (options, message) => {
    await expect(fitted(options)).rejects.toThrow(message)
  })

  it.each([
    [{ weights: [1, 2] }, "weights: expected 400 numbers, one for each row, got 2"],
    [{ weights: new Float32Array(n) }, "weights: expected some that are not 0"],
    [{ validationWeights: new Float32Array(n).fill(-1) }, "expected numbers from 0, got -1 at 0"],
  ])("%#", async (given, message) => {
    await expect(fitted({}, { ...data, ...given })).rejects.toThrow(message)
  })
})

describe("augment", () => {
  it("gets every batch of a step with that step's key: the same however many steps are done at once", async () => {
    const seen = new Map<string, ReadonlyArray<number>>()
    const augment = (batch: Rows, key: RandomKey): Rows => {
      const noise = uniformValues(key, batch.values.length)
      seen.set(`${key.hi} ${key.lo}`, batch.shape)
      return { ...batch, values: batch.values.map((x, i) => x + noise[i]! - 0.5) }
    }
    const options: FitOptions = { epochs: 3, batchSize: 50, schedule: constant(0.01) }
    const first = await fitted(options, { ...data, augment })
    expect(seen.size).toBe(24)
    expect(new Set(Array.from(seen.values(), (shape) => shape.join()))).toEqual(new Set(["50,2"]))
    const again = await fitted(options, { ...data, augment })
    expect(again.a).toEqual(first.a)
    expect((await fitted(options)).a).not.toEqual(first.a)
  })
})

describe("the step as one function", () => {
  it("reports the loss without the penalty, and the norm of the gradient with it", () => {
    const options = {
      objective: maximumLikelihood,
      optimiser: sgd({ momentum: 0 }),
      clipNorm: 1e-3,
      l2: 10,
      averaging: 0,
      schedule: constant(1),
    }
    const model = flatModel(density, density.init(makeKey(0)))
    tf.tidy(() => {
      const step = trainingStep(model, options)
      const rates = ratesAt(options, 0, 10, { validations: [], recoveries: 2 })
      expect(rates).toEqual([0.25])
      const { carry, outputs } = step(
        [tf.tensor1d([3, 4]), tf.zeros([0]), tf.zeros([2])],
        [],
        [tf.tensor2d([[3, 4]]), tf.tensor1d([...rates])],
      )
      expect(outputs[0]!.dataSync()[0]).toBeCloseTo(Math.log(2 * Math.PI), 5)
      expect(outputs[1]!.dataSync()[0]).toBeCloseTo(2 * 10 * 5, 3)
      // Clipped to a thousandth, a quarter of it is gone.
      expect(carry[0]!.dataSync()[0]).toBeCloseTo(3 - 0.25e-3 * 0.6, 6)
    })
  })
})
