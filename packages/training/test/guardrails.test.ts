import { cpu } from "@pushforward/backend-cpu"
import { onnx } from "@pushforward/backend-onnx"
import { trainableAffine } from "@pushforward/bijectors"
import {
  chain,
  flattenParams,
  inline,
  type LayerObserver,
  makeKey,
  normalValues,
  toTensors,
  trainable,
} from "@pushforward/core"
import {
  type ParametricDistribution,
  standardNormal,
  transformed,
} from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Exit, Stream } from "effect"
import { describe, expect, it } from "vitest"
import {
  type CheckpointStore,
  constant,
  type FitData,
  type FitEvent,
  fitEvents,
  type FitOptions,
  type Recovered,
  type Rows,
  sgd,
} from "../src/index.ts"

const rowsOf = (values: ArrayLike<number>): Rows => ({
  shape: [values.length / 2, 2],
  dtype: "float32",
  values: Float32Array.from(values),
})
const narrow = (seed: number, n: number) =>
  rowsOf(normalValues(makeKey(seed), 2 * n).map((z) => 0.1 * z))
const data = { train: narrow(1, 400), validation: narrow(2, 100) } satisfies FitData

/** Scales by `√(1 − w)`: narrow data pull `w` towards 1, and a step too far gives NaN. */
const brittle = inline({
  name: "brittle",
  parameters: () => ({ w: trainable([], 0) }),
  forward: (x, { w }) => tf.mul(x, tf.sqrt(tf.sub(1, w))),
  inverse: (y, { w }) => tf.div(y, tf.sqrt(tf.sub(1, w))),
  forwardLogDet: (x, { w }) => tf.add(tf.zerosLike(x), tf.mul(0.5, tf.log(tf.sub(1, w)))),
})
/** `log(y + 3)` has no value below −3, whatever the parameters. */
const halfLine = inline({
  name: "half-line",
  forward: (x) => tf.sub(tf.exp(x), 3),
  inverse: (y) => tf.log(tf.add(y, 3)),
  forwardLogDet: (x) => x,
})
const shift = inline({
  name: "shift",
  parameters: () => ({ a: trainable([2], 1) }),
  forward: (x, { a }) => tf.add(x, a),
  inverse: (y, { a }) => tf.sub(y, a),
  forwardLogDet: (x) => tf.zerosLike(x),
})

const layers = { cpu, onnx }

/** All events, and how the stream ended. */
const run = async (
  density: ParametricDistribution,
  options: FitOptions,
  rows: FitData = data,
  layer: typeof cpu = onnx,
) => {
  const events: Array<FitEvent> = []
  const exit = await Effect.runPromiseExit(
    Effect.provide(
      Stream.runForEach(fitEvents(density, rows, options), (event) =>
        Effect.sync(() => events.push(event)),
      ),
      layer,
    ),
  )
  const error = Exit.isFailure(exit)
    ? await Effect.runPromise(exit).catch((cause: unknown) => cause as Error)
    : undefined
  return { events, error }
}
const recoveriesIn = (events: ReadonlyArray<FitEvent>): ReadonlyArray<Recovered> =>
  events.filter((event) => event._tag === "Recovered")

describe.each(Object.entries(layers))("a run that goes astray, on %s", (_, layer) => {
  const density = transformed(standardNormal([2]), chain(trainableAffine([2]), brittle))
  const options: FitOptions = {
    batchSize: 8,
    epochs: 8,
    schedule: constant(0.5),
    optimiser: sgd({ momentum: 0 }),
  }

  it("goes back, halves the learning rate, says where it came from, and arrives", async () => {
    const { events, error } = await run(density, options, data, layer)
    expect(error).toBeUndefined()
    const recovered = recoveriesIn(events)
    expect(recovered.length).toBeGreaterThan(0)
    expect(recovered[0]!.problem).toMatch(
      /the loss was NaN at step \d+ .*: row \d+ first stops being a number in element 0 of what layer bijector\.1 \(brittle\) gives/,
    )
    expect(recovered[0]!.origin).toMatchObject({ where: "layer", layer: "bijector.1 (brittle)" })
    recovered.forEach((event, i) => {
      expect(event.recoveries).toBe(i + 1)
      expect(event.rateFactor).toBe(2 ** -(i + 1))
      expect(event.step - event.backTo).toBeLessThanOrEqual(200)
      expect(event.problem).toMatch(/was NaN at step \d+ \(seed 0, epoch \d+\)/)
    })
    const rates = events.flatMap((event) => (event._tag === "Progress" ? [event.learningRate] : []))
    expect(rates.at(-1)).toBe(0.5 * recovered.at(-1)!.rateFactor)
    const done = events.at(-1)!
    if (done._tag !== "Done") throw new Error("not done")
    expect(done.stoppedBy).not.toBe("divergence")
    expect(flattenParams(done.params, "trainable").every(Number.isFinite)).toBe(true)
    // The data's own density scores 1.77 nats, the unit normal −1.85.
    expect(done.validationLogLikelihood).toBeGreaterThan(1)
  })
})

describe("a run that cannot be saved", () => {
  const density = transformed(standardNormal([2]), chain(halfLine, trainableAffine([2])))

  it("tries a bounded number of times, then names the row, the column and the layer", async () => {
    const values = data.train.values.slice()
    values[2 * 123 + 1] = -30
    const rowNumbers = Array.from({ length: 400 }, (_, i) => 5000 + i)
    const { events, error } = await run(
      density,
      { batchSize: 40, epochs: 2, recoveries: 3 },
      { ...data, train: rowsOf(values), rowNumbers },
    )
    expect(recoveriesIn(events)).toHaveLength(3)
    expect(error).toMatchObject({
      _tag: "FitError",
      reason: "Diverged",
      origin: { where: "layer", row: 123, column: 1, layer: "bijector.0 (half-line)" },
    })
    expect(error!.message).toContain("row 5123 first stops being a number in element 1 of what")
    expect(error!.message).toContain("also after going back 3 times")
    expect(events.some((event) => event._tag === "Done")).toBe(false)
  })

  it("keeps the best parameters of the epochs before", async () => {
    // In its second window and later every step is too far: nothing but the first epoch is good.
    const { events, error } = await run(
      transformed(standardNormal([2]), chain(trainableAffine([2]), brittle)),
      {
        batchSize: 40,
        epochs: 20,
        recoveries: 2,
        optimiser: sgd({ momentum: 0 }),
        schedule: (step) => (step < 20 ? 1e-3 : 1e6),
      },
    )
    expect(error).toMatchObject({ reason: "Diverged" })
    expect(error!.message).toContain("The best parameters up to there are kept")
    expect(events.at(-1)).toMatchObject({ _tag: "Done", stoppedBy: "divergence", bestEpoch: 2 })
  })

  it("by a number that is none in the data: says which at once", async () => {
    const values = data.train.values.slice()
    values[2 * 77 + 1] = NaN
    const { events, error } = await run(
      density,
      { batchSize: 40, epochs: 1, seed: 3 },
      { ...data, train: rowsOf(values), columns: ["x", "y"] },
    )
    expect(recoveriesIn(events)).toHaveLength(0)
    expect(error!.message).toMatch(
      /the loss was NaN at step \d+ \(seed 3, epoch 1\): row 77 of the data is no number in column y\. Remove that row or fill it\./,
    )
  })

  it("by a validation row that is no number: says so before it begins", async () => {
    const values = data.validation.values.slice()
    values[3] = Infinity
    const { error } = await run(density, {}, { ...data, validation: rowsOf(values) })
    expect(error!.message).toContain("validation row 1 is no number in column 1")
  })
})

describe("a loss that explodes", () => {
  it("leads back before it is infinite", async () => {
    // Plain descent on ½ a² with a rate above 2 doubles the error at every step.
    const { events, error } = await run(transformed(standardNormal([2]), chain(shift, shift)), {
      batchSize: 400,
      epochs: 100,
      clipNorm: 1e9,
      optimiser: sgd({ momentum: 0 }),
      schedule: constant(2.5),
      patience: 100,
    })
    expect(error).toBeUndefined()
    expect(recoveriesIn(events)[0]!.problem).toMatch(/the loss rose from .* to/)
    const done = events.at(-1)!
    expect(done._tag === "Done" && done.validationLogLikelihood).toBeGreaterThan(-1.9)
  })
})

describe("recoveries and checkpoints", () => {
  it("a run that went back and was stopped after it goes on with the same bits", async () => {
    const density = transformed(standardNormal([2]), chain(trainableAffine([2]), brittle))
    const options: FitOptions = {
      batchSize: 40,
      epochs: 30,
      schedule: constant(0.5),
      optimiser: sgd({ momentum: 0 }),
    }
    let written: Uint8Array | undefined
    const checkpoints: CheckpointStore = {
      everySeconds: 0,
      read: Effect.sync(() => (written ? [{ name: "memory", bytes: written }] : [])),
      write: (bytes) => Effect.sync(() => void (written = bytes)),
    }
    const whole = (await run(density, options)).events.at(-1)!
    const first = fitEvents(density, data, { ...options, checkpoints })
    await Effect.runPromise(
      Effect.provide(
        Stream.runDrain(Stream.takeUntil(first, (event) => event._tag === "Recovered")),
        onnx,
      ),
    )
    const rest = (await run(density, { ...options, checkpoints })).events.at(-1)!
    expect({ ...rest, seconds: 0 }).toEqual({ ...whole, seconds: 0 })
  })
})

describe("observed layers", () => {
  it("are shown in the order of computation, with their places", () => {
    const flow = chain(chain(shift, brittle), trainableAffine([2]))
    const seen: Array<string> = []
    const observe: LayerObserver = (path, name, value) =>
      seen.push(`${path.join(".")} ${name} [${value.shape.join()}]`)
    tf.tidy(() => {
      const params = toTensors(flow.init(makeKey(0)))
      flow.build(params, { observe }).inverse(tf.zeros([3, 2]))
      flow.build(params, { observe }).forwardAndLogDet(tf.zeros([3, 2]))
      flow.build(params, { observe }).inverseAndLogDet(tf.zeros([3, 2]))
    })
    const places = ["0 shift [3,2]", "1 brittle [3,2]", "2 affine [3,2]"]
    expect(seen).toEqual([...places, ...places.toReversed()])
  })
})
