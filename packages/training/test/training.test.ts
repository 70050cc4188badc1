import { cpu } from "@pushforward/backend-cpu"
import { onnx, onnxWeb } from "@pushforward/backend-onnx"
import { wasm } from "@pushforward/backend-wasm"
import {
  type ParametricDistribution,
  standardNormal,
  transformed,
} from "@pushforward/distributions"
import { actNorm, batchNorm, trainableAffine } from "@pushforward/bijectors"
import {
  Backend,
  chain,
  flattenParams,
  makeKey,
  normalValues,
  type Param,
  paramLeaves,
  type Params,
  state,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Fiber, Stream } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import {
  adam,
  adamW,
  amsgrad,
  constant,
  cosine,
  defaultBatchSize,
  defaultEpochs,
  defaultLearningRate,
  type FitData,
  fitDensity,
  fitEvents,
  gatherStatistics,
  gaussianBaseline,
  meanAndError,
  type Rows,
  sampleRows,
  scoreRows,
  sgd,
} from "../src/index.ts"

/** Independent normal columns with means (1, −2) and standard deviations (0.5, 3). */
const normalRows = (seed: number, n: number): Rows => ({
  shape: [n, 2],
  dtype: "float32",
  values: normalValues(makeKey(seed), 2 * n).map((z, i) =>
    i % 2 === 0 ? 1 + 0.5 * z : -2 + 3 * z,
  ),
})

const data = {
  train: normalRows(1, 2000),
  validation: normalRows(2, 500),
} satisfies FitData
const affineDensity = transformed(standardNormal([2]), trainableAffine([2]))
const layers = { cpu, wasm, onnx, "onnx as WebAssembly": onnxWeb }

describe.each(Object.entries(layers))("fitDensity on %s", (_, layer) => {
  beforeAll(() => Effect.runPromise(Effect.asVoid(Effect.provide(Backend, layer))))

  it("finds the mean and the scale of normal data, and scores as the true density does", async () => {
    const before = tf.memory().numTensors
    const done = await Effect.runPromise(
      Effect.provide(
        fitDensity(affineDensity, data, { epochs: 30, batchSize: 200, schedule: cosine(0.1) }),
        layer,
      ),
    )
    const truth = [...data.validation.values].map((x, i) => {
      const [m, s] = i % 2 === 0 ? [1, 0.5] : [-2, 3]
      return -0.5 * Math.log(2 * Math.PI) - Math.log(s) - 0.5 * ((x - m) / s) ** 2
    })
    const mean = (2 * truth.reduce((a, b) => a + b, 0)) / truth.length
    // Fitting four numbers to 2,000 rows costs about 4 / (2 · 2000) nats; 0.01 is five times as much.
    expect(Math.abs(done.validationLogLikelihood - mean)).toBeLessThan(0.01)
    expect(tf.memory().numTensors).toBe(before)
  })

  it("the same seed gives the same bits, another seed others", async () => {
    const run = (seed: number) =>
      Effect.runPromise(
        Effect.map(
          Effect.provide(fitDensity(affineDensity, data, { epochs: 2, seed }), layer),
          ({ params }) => flattenParams(params, "trainable"),
        ),
      )
    const [a, b, c] = [await run(5), await run(5), await run(6)]
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
  })

  it("an interrupted run frees everything", async () => {
    const before = tf.memory().numTensors
    await Effect.runPromise(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          Effect.provide(fitDensity(affineDensity, data, { epochs: 1000 }), layer),
        )
        yield* Effect.sleep(200)
        yield* Fiber.interrupt(fiber)
      }),
    )
    expect(tf.memory().numTensors).toBe(before)
  })

  it("data that are not numbers stop the run with the step, the seed and the place", async () => {
    const values = data.train.values.slice()
    values[0] = NaN
    const error = await Effect.runPromise(
      Effect.provide(
        fitDensity(
          affineDensity,
          { ...data, train: { ...data.train, values } },
          { epochs: 1, seed: 3 },
        ),
        layer,
      ),
    ).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ _tag: "FitError", reason: "Diverged" })
    expect((error as Error).message).toMatch(
      /the loss was NaN at step \d+ \(seed 3, epoch 1\): row 0 of the data is no number in column 0/,
    )
  })

  it("batch-norm statistics follow the data and come back with the parameters", async () => {
    const density = transformed(
      standardNormal([2]),
      chain(trainableAffine([2]), batchNorm([2], { momentum: 0.9 })),
    )
    const done = await Effect.runPromise(
      Effect.provide(fitDensity(density, data, { epochs: 40, batchSize: 200 }), layer),
    )
    const leafNamed = (name: string) =>
      paramLeaves(done.params).find(([path]) => path.at(-1) === name)![1].values
    // It is the layer nearest to the data. A running average over about ten batches of 200
    // rows has a relative standard error near 3 %, so these are about four of them.
    const [mean, variance] = [leafNamed("mean"), leafNamed("variance")]
    expect(Math.abs(mean[0]! - 1)).toBeLessThan(0.06)
    expect(Math.abs(mean[1]! + 2)).toBeLessThan(0.4)
    expect(Math.abs(variance[0]! / 0.25 - 1)).toBeLessThan(0.13)
    expect(Math.abs(variance[1]! / 9 - 1)).toBeLessThan(0.13)
  })

  it("every step has two numbers of chance, its own and the same for the same seed", async () => {
    // Keeps a running sum of them.
    const listening: ParametricDistribution = {
      ...affineDensity,
      init: (key) => ({ ...affineDensity.init(key), heard: state([2], 0) }),
      build: (params, site) => {
        if (site?.mode === "train") {
          site.report?.(["heard"], tf.add(params["heard"] as tf.Tensor, site.noise!))
        }
        return affineDensity.build(params, site)
      },
    }
    const heard = async (seed: number, epochs: number): Promise<Float32Array> => {
      const { params } = await Effect.runPromise(
        Effect.provide(
          fitDensity(listening, data, { epochs, batchSize: 200, seed, schedule: constant(1e-3) }),
          layer,
        ),
      )
      return (params["heard"] as Param).values
    }
    const [one, two] = [await heard(4, 1), await heard(4, 2)]
    const later = two.map((sum, i) => sum - one[i]!)
    for (const sum of [...one, ...later]) {
      // Ten uniform numbers: 5 ± 0.91; five standard deviations.
      expect(Math.abs(sum - 5)).toBeLessThan(4.6)
      expect(sum).not.toBe(5)
    }
    expect(later).not.toEqual(one)
    expect(await heard(4, 1)).toEqual(one)
    expect(await heard(5, 1)).not.toEqual(one)
  })

  it("batch-norm by the training set is evaluated with its mean and variance, in one piece or in many", async () => {
    const before = tf.memory().numTensors
    const density = transformed(
      standardNormal([2]),
      chain(trainableAffine([2]), batchNorm([2], { statistics: "training-set" })),
    )
    const done = await Effect.runPromise(
      Effect.provide(fitDensity(density, data, { epochs: 3, batchSize: 200 }), layer),
    )
    const leafOf = (params: Params, name: string) =>
      paramLeaves(params).find(([path]) => path.at(-1) === name)![1].values
    const columns = [0, 1].map((i) =>
      Array.from(data.train.values).filter((__, at) => at % 2 === i),
    )
    const [count, means] = [
      columns[0]!.length,
      columns.map((of) => of.reduce((s, v) => s + v, 0) / of.length),
    ]
    columns.forEach((of, i) => {
      const variance = of.reduce((sum, v) => sum + (v - means[i]!) ** 2, 0) / count
      expect(leafOf(done.params, "mean")[i]).toBeCloseTo(means[i]!, 4)
      expect(leafOf(done.params, "variance")[i]! / variance).toBeCloseTo(1, 4)
    })
    expect(leafOf(done.params, "rows")[0]).toBe(count)
    // The validation score that chose these parameters is theirs.
    const score = scoreRows(density, done.params, data.validation)
    const { mean } = meanAndError(await Effect.runPromise(Effect.provide(score, layer)))
    expect(mean).toBeCloseTo(done.validationLogLikelihood, 4)
    // A later pass begins anew, here over ten times as many rows, in pieces.
    const values = new Float32Array(10 * data.train.values.length)
    for (let i = 0; i < 10; i++) values.set(data.train.values, i * data.train.values.length)
    const many: Rows = { shape: [10 * count, 2], dtype: "float32", values }
    const again = await Effect.runPromise(
      Effect.provide(gatherStatistics(density, done.params, many), layer),
    )
    expect(leafOf(again, "rows")[0]).toBe(10 * count)
    for (const name of ["mean", "variance"]) {
      leafOf(again, name).forEach((value, i) =>
        expect(value).toBeCloseTo(leafOf(done.params, name)[i]!, 3),
      )
    }
    expect(tf.memory().numTensors).toBe(before)
  })

  it("parameters without gathered statistics come back as they are", async () => {
    const params = affineDensity.init(makeKey(0))
    const gathered = gatherStatistics(affineDensity, params, data.train)
    expect(await Effect.runPromise(Effect.provide(gathered, layer))).toEqual(params)
  })

  it("act-norm starts at the first batch's statistics and keeps them", async () => {
    const density = transformed(standardNormal([2]), chain(trainableAffine([2]), actNorm([2])))
    const firstOf = (epochs: number) =>
      Effect.runPromise(
        Effect.provide(fitDensity(density, data, { epochs, batchSize: 500 }), layer),
      ).then(({ params }) =>
        paramLeaves(params)
          .filter(([, leaf]) => leaf.role === "state")
          .map(([, leaf]) => Array.from(leaf.values)),
      )
    const [mean, deviation, initialised] = await firstOf(1)
    expect(initialised).toEqual([1])
    // Of 500 rows: the standard error of the mean is 4.5 % of a deviation, of the deviation 3.2 %.
    expect(Math.abs(mean![0]! - 1) / 0.5).toBeLessThan(0.2)
    expect(Math.abs(mean![1]! + 2) / 3).toBeLessThan(0.2)
    expect(Math.abs(deviation![0]! / 0.5 - 1)).toBeLessThan(0.15)
    expect(Math.abs(deviation![1]! / 3 - 1)).toBeLessThan(0.15)
    expect(await firstOf(2)).toEqual([mean, deviation, initialised])
  })
})

describe("fitEvents", () => {
  const collect = (options: Parameters<typeof fitEvents>[2], rows = data) =>
    Effect.runPromise(
      Effect.provide(Stream.runCollect(fitEvents(affineDensity, rows, options)), cpu),
    )

  it("tells Started, then Progress and EpochDone, at last Done", async () => {
    const events = await collect({ epochs: 3, batchSize: 500 })
    const tags = events.map((event) => event._tag)
    expect(tags[0]).toBe("Started")
    expect(tags.at(-1)).toBe("Done")
    expect(tags.filter((tag) => tag === "EpochDone")).toHaveLength(3)
    const steps = events.flatMap((event) => (event._tag === "Progress" ? [event.step] : []))
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(steps.at(-1)).toBe(12)
    const numbers = events.flatMap((event) => (event._tag === "EpochDone" ? [event] : []))
    for (const event of numbers) {
      expect(event.trainBitsPerDimension).toBeCloseTo(-event.trainLogLikelihood / 2 / Math.LN2, 9)
      expect(event.validationBitsPerDimension).toBeCloseTo(
        -event.validationLogLikelihood / 2 / Math.LN2,
        9,
      )
    }
    const last = events.findLast((event) => event._tag === "Progress")!
    expect(last).toMatchObject({ steps: 12, epoch: 3, secondsLeft: 0 })
    expect(last.rowsPerSecond).toBeGreaterThan(0)
    expect(last.gradientNorm).toBeGreaterThan(0)
    expect(last.learningRate).toBe(cosine(defaultLearningRate(2000))(11, 12))
  })

  it("stops early when the validation rows no longer gain, and gives the best epoch's parameters", async () => {
    const events = await collect({
      epochs: 200,
      patience: 2,
      schedule: constant(0.5),
      batchSize: 1000,
    })
    const done = events.at(-1)!
    expect(done).toMatchObject({ _tag: "Done", stoppedBy: "patience" })
    const scores = events.flatMap((event) =>
      event._tag === "EpochDone" ? [event.validationLogLikelihood] : [],
    )
    if (done._tag !== "Done") return
    expect(done.bestEpoch).toBe(scores.indexOf(Math.max(...scores)) + 1)
    expect(scores).toHaveLength(done.bestEpoch + 2)
    const again = await Effect.runPromise(
      Effect.provide(scoreRows(affineDensity, done.params, data.validation), cpu),
    )
    expect(meanAndError(again).mean).toBeCloseTo(done.validationLogLikelihood, 5)
  })

  it("refuses options and data that make no sense, with the mend", async () => {
    await expect(collect({ epochs: 0 })).rejects.toThrow(
      "epochs: expected a positive whole number, got 0",
    )
    await expect(collect({ clipNorm: -1 })).rejects.toThrow(
      "clipNorm: expected a positive number, got -1",
    )
    await expect(collect({}, { ...data, train: normalRows(1, 1) })).rejects.toThrow(
      "at least 2 training rows and 1 validation row, got 1 and 500",
    )
  })
})

describe("scoring and sampling", () => {
  const params = affineDensity.init(makeKey(0))

  it("samples of a fitted density have its moments; chunks make no difference", async () => {
    const rows = await Effect.runPromise(
      Effect.provide(sampleRows(affineDensity, params, 20_000, makeKey(9)), cpu),
    )
    expect(rows.shape).toEqual([20_000, 2])
    const { mean } = meanAndError(rows.values)
    const scores = await Effect.runPromise(
      Effect.provide(scoreRows(affineDensity, params, rows), cpu),
    )
    expect(scores).toHaveLength(20_000)
    // 40,000 draws of a unit normal: five standard errors.
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(40_000))
    const few = await Effect.runPromise(
      Effect.provide(sampleRows(affineDensity, params, 5, makeKey(9)), cpu),
    )
    expect(few.shape).toEqual([5, 2])
  })
})

describe("optimisers", () => {
  const gradients = [1, -2, 0.5, 0.01]
  const rate = 0.1

  /** The papers' algorithms by hand, in float64: from 3, one update for each gradient. */
  const byHand = (
    update: (theta: number, m: number, root: number, step: number) => number,
    grow: (v: number, largest: number) => number = (v) => v,
  ): number => {
    let [theta, m, v, largest] = [3, 0, 0, 0]
    gradients.forEach((g, i) => {
      m = 0.9 * m + 0.1 * g
      v = 0.999 * v + 0.001 * g * g
      largest = grow(v, largest)
      const corrected = Math.sqrt(largest / (1 - 0.999 ** (i + 1)))
      theta = update(theta, m / (1 - 0.9 ** (i + 1)), corrected, i)
    })
    return theta
  }
  const expected = {
    adam: byHand((theta, m, root) => theta - (rate * m) / (root + 1e-8)),
    adamW: byHand((theta, m, root) => theta * (1 - rate * 0.2) - (rate * m) / (root + 1e-8)),
    amsgrad: byHand((theta, m, root) => theta - (rate * m) / (root + 1e-8), Math.max),
    sgd: gradients.reduce(
      ([theta, b], g) => [theta! - rate * (0.9 * b! + g), 0.9 * b! + g],
      [3, 0],
    )[0]!,
  }

  it.each([adam(), adamW({ weightDecay: 0.2 }), amsgrad(), sgd()])(
    "$name moves as its paper does",
    (optimiser) => {
      tf.tidy(() => {
        let parameters: tf.Tensor = tf.tensor1d([3])
        let moments: ReadonlyArray<tf.Tensor> = Array.from({ length: optimiser.moments }, () =>
          tf.zeros([1]),
        )
        gradients.forEach((g, i) => {
          const rates = optimiser.rates(i + 1, rate).map((r) => tf.scalar(r))
          const next = optimiser.update(parameters, tf.tensor1d([g]), moments, rates)
          parameters = next.parameters
          moments = next.moments
        })
        expect(parameters.dataSync()[0]).toBeCloseTo(
          expected[optimiser.name as keyof typeof expected],
          5,
        )
      })
    },
  )
})

describe("gaussianBaseline", () => {
  it("is the density of a correlated Gaussian", () => {
    const z = normalValues(makeKey(1), 40_000)
    // x = z₁, y = 2 z₁ + z₂: covariance [[1, 2], [2, 5]], determinant 1.
    const values = Float32Array.from(z, (v, i) => (i % 2 === 0 ? v : 2 * z[i - 1]! + v))
    const rows: Rows = { shape: [20_000, 2], dtype: "float32", values }
    const { mean, standardError } = meanAndError(gaussianBaseline(rows, rows))
    expect(Math.abs(mean + Math.log(2 * Math.PI) + 1)).toBeLessThan(5 * standardError)
  })

  it("survives two columns that are copies", () => {
    const values = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i - (i % 2)))
    const rows: Rows = { shape: [100, 2], dtype: "float32", values }
    expect(gaussianBaseline(rows, rows).every(Number.isFinite)).toBe(true)
  })
})

describe("defaults", () => {
  it("suit small and large tables", () => {
    expect(defaultBatchSize(20)).toBe(20)
    expect(defaultBatchSize(200)).toBe(32)
    expect(defaultBatchSize(50_000)).toBe(256)
    expect(defaultLearningRate(200)).toBeCloseTo(1e-3)
    expect(defaultLearningRate(4000)).toBeCloseTo(2e-3)
    expect(defaultLearningRate(2_000_000)).toBeCloseTo(1e-2)
    expect(defaultEpochs(200, 32)).toBe(200)
    expect(defaultEpochs(50_000, 256)).toBe(52)
    expect(defaultEpochs(2_000_000, 256)).toBe(5)
  })
})
