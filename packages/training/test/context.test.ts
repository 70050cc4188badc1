import { cpu } from "@pushforward/backend-cpu"
import { onnx } from "@pushforward/backend-onnx"
import { batchNorm, trainableAffine } from "@pushforward/bijectors"
import {
  type Backend,
  chain,
  flattenParams,
  inline,
  makeKey,
  normalValues,
  paramLeaves,
  trainable,
} from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { shuffledBatches } from "../src/batches.ts"
import {
  type CheckpointStore,
  constant,
  cosine,
  type Done,
  type FitData,
  fitDensity,
  fitEvents,
  type FitOptions,
  gatherStatistics,
  meanAndError,
  type Rows,
  type RowSource,
  sampleRows,
  scoreRows,
  sourceOfRows,
} from "../src/index.ts"

const table = (width: number, values: ArrayLike<number>): Rows => ({
  shape: [values.length / width, width],
  dtype: "float32",
  values: Float32Array.from(values),
})

/** Moves by `c · b`, for contexts of one number. */
const shift = inline({
  name: "shift-by-context",
  contextShape: [1],
  parameters: () => ({ b: trainable([2], 0) }),
  forward: (x, { b, context }) => tf.add(x, tf.mul(context!, b)),
  inverse: (y, { b, context }) => tf.sub(y, tf.mul(context!, b)),
  forwardLogDet: (x) => tf.zerosLike(x),
})
const density = transformed(standardNormal([2]), chain(trainableAffine([2]), shift))

const [means, deviations, slopes] = [
  [1, -2],
  [0.5, 3],
  [2, -5],
] as const
/** Two columns, normal given the context: `mean + slope · c`. */
const draw = (seed: number, n: number, noise = 1) => {
  const c = normalValues(makeKey(seed), n)
  const z = normalValues(makeKey(seed + 1000), 2 * n)
  const values = z.map((v, i) => {
    const j = i % 2
    return means[j]! + noise * deviations[j]! * v + slopes[j]! * c[i >> 1]!
  })
  return { rows: table(2, values), context: table(1, c) }
}
const [train, validation] = [draw(1, 2000), draw(2, 500)]
const data = {
  train: train.rows,
  validation: validation.rows,
  context: train.context,
  validationContext: validation.context,
} satisfies FitData
const options: FitOptions = { epochs: 30, batchSize: 200, schedule: cosine(0.1) }

/** The same rows in chunks. */
const cut = (rows: Rows, size: number): RowSource => {
  const width = rows.shape[1]!
  const count = rows.shape[0]!
  const chunkSizes = Array.from({ length: Math.ceil(count / size) }, (_, i) =>
    Math.min(size, count - i * size),
  )
  return {
    ...sourceOfRows(rows),
    chunkSizes,
    read: (i) =>
      Effect.succeed(table(width, rows.values.subarray(i * size * width, (i + 1) * size * width))),
  }
}

describe.each(Object.entries({ cpu, onnx }))("a conditional density on %s", (_, layer) => {
  const run = <A>(effect: Effect.Effect<A, unknown, Backend>): Promise<A> =>
    Effect.runPromise(Effect.provide(effect, layer))
  const fitted = (given: FitData = data, how: FitOptions = options) =>
    run(fitDensity(density, given, how))

  it("finds the regression, scores as the true density does, and draws from it", async () => {
    const before = tf.memory().numTensors
    const done = await fitted()
    const truth = Array.from(validation.rows.values, (y, i) => {
      const j = i % 2
      const residual = y - means[j]! - slopes[j]! * validation.context.values[i >> 1]!
      return (
        -0.5 * Math.log(2 * Math.PI) -
        Math.log(deviations[j]!) -
        0.5 * (residual / deviations[j]!) ** 2
      )
    })
    const mean = (2 * truth.reduce((a, b) => a + b, 0)) / truth.length
    // Six numbers fitted to 2,000 rows cost about 6 / (2 · 2000) nats; 0.01 is six times as much.
    expect(Math.abs(done.validationLogLikelihood - mean)).toBeLessThan(0.01)
    const scores = await run(scoreRows(density, done.params, validation.rows, validation.context))
    expect(meanAndError(scores).mean).toBeCloseTo(done.validationLogLikelihood, 4)
    const contexts = table(1, Array<number>(4000).fill(3))
    const draws = await run(sampleRows(density, done.params, 4000, makeKey(3), contexts))
    for (const j of [0, 1]) {
      const column = draws.values.filter((__, i) => i % 2 === j)
      const { mean: at, standardError } = meanAndError(column)
      // The slopes are known to a twentieth of a deviation at c = 3, and the draws' mean to its standard error.
      const allowed = 5 * standardError + 0.1 * deviations[j]!
      expect(Math.abs(at - means[j]! - 3 * slopes[j]!)).toBeLessThan(allowed)
    }
    expect(tf.memory().numTensors).toBe(before)
  })

  it("takes weights beside the context", async () => {
    const other = draw(5, 2000)
    // The second half has the opposite slopes, and does not count.
    const joined = (a: Rows, b: Rows, sign: number): Rows =>
      table(a.shape[1]!, [...a.values, ...b.values.map((v) => sign * v)])
    const weights = Array.from({ length: 4000 }, (__, i) => (i < 2000 ? 1 : 0))
    const { params } = await fitted(
      {
        ...data,
        train: joined(train.rows, other.rows, 1),
        context: joined(train.context, other.context, -1),
        weights,
      },
      { ...options, epochs: 60 },
    )
    const b = paramLeaves(params).find(([path]) => path.at(-1) === "b")![1].values
    expect(b[0]).toBeCloseTo(slopes[0], 0)
    expect(b[1]).toBeCloseTo(slopes[1], 0)
  })

  it("gathers the statistics of rows without what their context explains", async () => {
    const normed = transformed(
      standardNormal([2]),
      chain(batchNorm([2], { statistics: "training-set" }), shift),
    )
    const params = normed.init(makeKey(0))
    const b = paramLeaves(params).find(([path]) => path.at(-1) === "b")![1].values
    b.set(slopes)
    const gathered = await run(gatherStatistics(normed, params, train.rows, train.context))
    const leaf = (name: string) =>
      paramLeaves(gathered).find(([path]) => path.at(-1) === name)![1].values
    for (const j of [0, 1]) {
      const residuals = Array.from(
        { length: 2000 },
        (__, i) => train.rows.values[2 * i + j]! - slopes[j]! * train.context.values[i]!,
      )
      const { mean, standardError } = meanAndError(residuals)
      expect(leaf("mean")[j]).toBeCloseTo(mean, 3)
      expect(leaf("variance")[j]! / (standardError ** 2 * 1999)).toBeCloseTo(1, 3)
    }
    expect(
      Number.isFinite(
        (await run(fitDensity(normed, data, { ...options, epochs: 2 }))).validationLogLikelihood,
      ),
    ).toBe(true)
  })

  it("that grows into a spike along a column is told of", async () => {
    const [narrow, held] = [draw(1, 2000, 1e-4), draw(2, 500, 1e-4)]
    /** About right from the start. */
    const spike = inline({
      name: "spike",
      contextShape: [1],
      parameters: () => ({ size: trainable([2], [1e-4 * deviations[0], 1e-4 * deviations[1]]) }),
      forward: (x, { size, context }) =>
        tf.addN([tf.mul(x, size), tf.mul(context!, [...slopes]), tf.tensor1d([...means])]),
      inverse: (y, { size, context }) =>
        tf.div(tf.sub(y, tf.add(tf.mul(context!, [...slopes]), [...means])), size),
      forwardLogDet: (x, { size }) => tf.add(tf.zerosLike(x), tf.log(size)),
    })
    const events = await run(
      Stream.runCollect(
        fitEvents(
          transformed(standardNormal([2]), spike),
          {
            ...data,
            train: narrow.rows,
            context: narrow.context,
            validation: held.rows,
            validationContext: held.context,
            columns: ["a", "b"],
          },
          { epochs: 1, schedule: constant(1e-7) },
        ),
      ),
    )
    const spikes = events.flatMap((event) =>
      event._tag === "Notice" && event.about === "Spike" ? [event.columns] : [],
    )
    expect(spikes.flat()).toEqual(["a", "b"])
  })

  it("a context that is no number stops the run with its row and its column", async () => {
    const values = train.context.values.slice()
    values[7] = NaN
    const error = await fitted({
      ...data,
      context: { ...train.context, values },
      contextColumns: ["hour"],
    }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({
      _tag: "FitError",
      reason: "Diverged",
      origin: { where: "context", row: 7, column: 0 },
      message: expect.stringMatching(
        /the loss was NaN at step \d+ .*: the context of row 7 is no number in column hour\. Remove that row/,
      ),
    })
  })

  it("goes on from a checkpoint with the same bits, and refuses one of other contexts", async () => {
    const kept: Array<Uint8Array> = []
    const checkpoints: CheckpointStore = {
      everySeconds: 0,
      read: Effect.sync(() => kept.slice(-1).map((bytes) => ({ name: "last", bytes }))),
      write: (bytes) => Effect.sync(() => void kept.push(Uint8Array.from(bytes))),
    }
    const how: FitOptions = { epochs: 4, batchSize: 20, schedule: constant(0.01) }
    const events = fitEvents(density, data, { ...how, checkpoints })
    await run(
      Stream.runDrain(
        Stream.takeUntil(events, (event) => event._tag === "EpochDone" && event.epoch === 2),
      ),
    )
    const bits = ({ params }: Done) => flattenParams(params, "trainable")
    const other = { ...data, context: draw(9, 2000).context }
    await expect(fitted(other, { ...how, checkpoints })).rejects.toThrow(
      "the checkpoint is of another fit: context is",
    )
    expect(bits(await fitted(data, { ...how, checkpoints }))).toEqual(bits(await fitted(data, how)))
  })
})

describe("contexts in chunks", () => {
  it("come with their rows", () => {
    const [rows, contexts] = [cut(train.rows, 300), cut(train.context, 300)]
    const batches = shuffledBatches(rows, makeKey(0), 64, 700, contexts)
    const { indices, context, rows: taken } = Effect.runSync(batches.take(1, 0, 32))
    expect(context!.shape).toEqual([32, 64, 1])
    indices.forEach((row, i) => {
      expect(context!.values[i]).toBe(train.context.values[row])
      expect(taken.values[2 * i]).toBe(train.rows.values[2 * row])
    })
  })

  it("give a fit as good as in memory", async () => {
    const chunked = { ...data, train: cut(train.rows, 300), context: cut(train.context, 300) }
    const [one, other] = await Promise.all(
      [data, chunked].map((given) =>
        Effect.runPromise(Effect.provide(fitDensity(density, given, options), onnx)),
      ),
    )
    expect(other!.validationLogLikelihood).toBeCloseTo(one!.validationLogLikelihood, 2)
  })
})

describe("contexts that do not fit", () => {
  const wide = table(2, new Float32Array(4000))
  const { context: _, ...without } = data
  const { validationContext: __, ...unchecked } = data
  const plain = transformed(standardNormal([2]), trainableAffine([2]))
  const cases: ReadonlyArray<readonly [string, FitData, RegExp]> = [
    ["none", without, /^fit: context: the density .* takes one of shape \[2000, 1\], got none\. /],
    [
      "none of the validation rows",
      unchecked,
      /validationContext: the density .* takes one of shape \[500, 1\], got none/,
    ],
    ["too wide", { ...data, context: wide }, /takes one of shape \[2000, 1\], got \[2000, 2\]/],
    [
      "of other rows",
      { ...data, context: validation.context },
      /takes one of shape \[2000, 1\], got \[500, 1\]/,
    ],
    [
      "in other chunks",
      { ...data, train: cut(train.rows, 300), context: cut(train.context, 200) },
      /context: its chunks have other sizes than those of the rows/,
    ],
    [
      "with a validation context that is no number",
      { ...data, validationContext: table(1, new Float32Array(500).fill(NaN)) },
      /the context of validation row 0 is no number in column 0/,
    ],
  ]

  it.each(cases)("%s", async (___, given, message) => {
    const fit = fitDensity(density, given, { epochs: 1 })
    await expect(Effect.runPromise(Effect.provide(fit, cpu))).rejects.toThrow(message)
  })

  it("one for a density that takes none", async () => {
    const fit = fitDensity(plain, data, { epochs: 1 })
    await expect(Effect.runPromise(Effect.provide(fit, cpu))).rejects.toThrow(
      /context: the density .* takes none\. Leave it out/,
    )
  })
})
