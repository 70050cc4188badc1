import { cpu } from "@pushforward/backend-cpu"
import { batchNorm, trainableAffine } from "@pushforward/bijectors"
import {
  Backend,
  type BackendShape,
  chain,
  flattenParams,
  type HostTensor,
  type LoopProgram,
  makeKey,
  normalValues,
  paramLeaves,
  type StepFunction,
} from "@pushforward/core"
import {
  type ParametricDistribution,
  standardNormal,
  transformed,
} from "@pushforward/distributions"
import { maf } from "@pushforward/flows-maf-iaf"
import {
  cosine,
  type FitData,
  fitDensity,
  fitEvents,
  meanAndError,
  type Rows,
  sampleRows,
  scoreRows,
} from "@pushforward/training"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Fiber, Layer, Stream } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import { onnx, onnxWeb } from "../src/index.ts"

/** Independent normal columns with means (1, −2) and standard deviations (0.5, 3). */
const normalRows = (seed: number, n: number): Rows => ({
  shape: [n, 2],
  dtype: "float32",
  values: normalValues(makeKey(seed), 2 * n).map((z, i) =>
    i % 2 === 0 ? 1 + 0.5 * z : -2 + 3 * z,
  ),
})

const data: FitData = { train: normalRows(1, 2000), validation: normalRows(2, 500) }
const affineDensity = transformed(standardNormal([2]), trainableAffine([2]))
const flow = transformed(
  standardNormal([2]),
  chain(maf({ size: 2, layers: 2, hidden: [16] }), batchNorm([2], { momentum: 0.9 })),
)

const run = <A, E>(
  effect: Effect.Effect<A, E, Backend>,
  layer: Layer.Layer<Backend, unknown>,
): Promise<A> => Effect.runPromise(Effect.provide(effect, layer) as Effect.Effect<A>)

describe.each(Object.entries({ onnx, onnxWeb }))("training on %s", (_, layer) => {
  beforeAll(() => Effect.runPromise(Effect.asVoid(Effect.provide(Backend, layer))))

  it("finds the mean and the scale of normal data, and scores as the true density does", async () => {
    const before = tf.memory().numTensors
    const done = await run(
      fitDensity(affineDensity, data, { epochs: 30, batchSize: 200, schedule: cosine(0.1) }),
      layer,
    )
    const truth = [...data.validation.values].map((x, i) => {
      const [m, s] = i % 2 === 0 ? [1, 0.5] : [-2, 3]
      return -0.5 * Math.log(2 * Math.PI) - Math.log(s) - 0.5 * ((x - m) / s) ** 2
    })
    const mean = (2 * truth.reduce((a, b) => a + b, 0)) / truth.length
    expect(Math.abs(done.validationLogLikelihood - mean)).toBeLessThan(0.01)
    expect(tf.memory().numTensors).toBe(before)
  })

  it("the same seed gives the same bits, another seed others", async () => {
    const fit = (seed: number) =>
      run(
        Effect.map(fitDensity(affineDensity, data, { epochs: 2, seed }), ({ params }) =>
          flattenParams(params, "trainable"),
        ),
        layer,
      )
    const [a, b, c] = [await fit(5), await fit(5), await fit(6)]
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
        yield* Effect.sleep(300)
        const asked = performance.now()
        yield* Fiber.interrupt(fiber)
        expect(performance.now() - asked).toBeLessThan(200)
      }),
    )
    expect(tf.memory().numTensors).toBe(before)
  })

  it("a loss that is not a number stops the run with the step and the seed", async () => {
    const values = data.train.values.slice()
    values[0] = NaN
    const events = fitEvents(
      affineDensity,
      { ...data, train: { ...data.train, values } },
      { epochs: 1, seed: 3 },
    )
    const error = await run(Stream.runCollect(events), layer).catch((cause: unknown) => cause)
    const expected = await run(Stream.runCollect(events), cpu).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ _tag: "FitError", reason: "Diverged" })
    expect((error as Error).message).toBe((expected as Error).message)
  })

  it("batch-norm statistics follow the data and come back with the parameters", async () => {
    const density = transformed(
      standardNormal([2]),
      chain(trainableAffine([2]), batchNorm([2], { momentum: 0.9 })),
    )
    const done = await run(fitDensity(density, data, { epochs: 40, batchSize: 200 }), layer)
    const leafNamed = (name: string) =>
      paramLeaves(done.params).find(([path]) => path.at(-1) === name)![1].values
    const [mean, variance] = [leafNamed("mean"), leafNamed("variance")]
    expect(Math.abs(mean[0]! - 1)).toBeLessThan(0.06)
    expect(Math.abs(mean[1]! + 2)).toBeLessThan(0.4)
    expect(Math.abs(variance[0]! / 0.25 - 1)).toBeLessThan(0.13)
    expect(Math.abs(variance[1]! / 9 - 1)).toBeLessThan(0.13)
  })

  it("scores and samples as the cpu backend does", async () => {
    const params = flow.init(makeKey(0))
    for (const program of [
      scoreRows(flow, params, data.validation),
      Effect.map(sampleRows(flow, params, 300, makeKey(9)), ({ values }) => values),
    ]) {
      const [mine, expected] = [await run(program, layer), await run(program, cpu)]
      expect(mine).toHaveLength(expected.length)
      expected.forEach((value, i) =>
        expect(Math.abs(mine[i]! - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))),
      )
    }
    const { mean } = meanAndError(await run(scoreRows(flow, params, data.validation), layer))
    expect(Number.isFinite(mean)).toBe(true)
  })
})

/** What a fit asks its backend to loop over. */
const programOf = async (
  recipe: ParametricDistribution,
): Promise<{ readonly step: StepFunction; readonly program: LoopProgram }> => {
  let found: { readonly step: StepFunction; readonly program: LoopProgram } | undefined
  const spy: BackendShape = {
    name: "spy",
    compile: () => Effect.never,
    loop: (step, program) => {
      found = { step, program }
      return Effect.interrupt
    },
  }
  await run(fitDensity(recipe, data, { batchSize: 50 }), Layer.succeed(Backend)(spy)).catch(
    () => undefined,
  )
  return found!
}

describe("a hundred steps of Adam", () => {
  it("give the losses and the parameters of the eager cpu backend", async () => {
    const { step, program } = await programOf(flow)
    const steps = 100
    const inputs: ReadonlyArray<HostTensor> = [
      {
        shape: [steps, 50],
        dtype: "int32",
        values: Int32Array.from({ length: steps * 50 }, (_, i) => (i * 7919) % 2000),
      },
      { shape: [steps], dtype: "float32", values: new Float32Array(steps).fill(2e-3) },
    ]
    const result = (layer: Layer.Layer<Backend, unknown>) =>
      run(
        Effect.scoped(
          Effect.gen(function* () {
            const loop = yield* (yield* Backend).loop(step, program)
            return { outputs: yield* loop.run(inputs), carry: yield* loop.carry }
          }),
        ),
        layer,
      )
    const [mine, expected] = [await result(onnx), await result(cpu)]
    const compare = (a: HostTensor, b: HostTensor, tolerance: number): void => {
      expect(a.shape).toEqual(b.shape)
      b.values.forEach((value, i) =>
        expect(Math.abs(a.values[i]! - value), `${i}`).toBeLessThan(
          tolerance * Math.max(1, Math.abs(value)),
        ),
      )
    }
    // A hundred steps of float32 rounding, each about 1e-7 relative, amplified by the division by √v.
    mine.outputs.forEach((output, i) => compare(output, expected.outputs[i]!, 1e-4))
    mine.carry.forEach((carry, i) => compare(carry, expected.carry[i]!, 2e-4))
  })
})

describe("a loop over a long vector", () => {
  it("is cut into pieces inside, and comes back whole", async () => {
    const [half, n] = [600_000, 1_200_010]
    const step: StepFunction = ([w, m], _, [rate]) => {
      const [a, b] = [tf.slice(w!, [0], [half]), tf.slice(w!, [half + 10], [half])]
      const gradient = tf.concat([tf.mul(a, 2), tf.ones([10]), tf.sin(b)])
      const mean = tf.add(tf.mul(m!, 0.9), gradient)
      return {
        carry: [tf.sub(w!, tf.mul(mean, rate!)), mean],
        outputs: [tf.mean(tf.square(a)), tf.norm(gradient)],
      }
    }
    const vector = (seed: number): HostTensor => ({
      shape: [n],
      dtype: "float32",
      values: Float32Array.from({ length: n }, (_, i) => Math.sin(seed * i)),
    })
    const program: LoopProgram = {
      carry: [vector(1), vector(2)],
      resident: [],
      inputs: [{ shape: [], dtype: "float32" }],
    }
    const rates: HostTensor = {
      shape: [5],
      dtype: "float32",
      values: new Float32Array(5).fill(0.01),
    }
    const result = (layer: Layer.Layer<Backend, unknown>) =>
      run(
        Effect.scoped(
          Effect.gen(function* () {
            const loop = yield* (yield* Backend).loop(step, program)
            const before = yield* loop.carry
            expect(before[1]!.values).toEqual(program.carry[1]!.values)
            return { outputs: yield* loop.run([rates]), carry: yield* loop.carry }
          }),
        ),
        layer,
      )
    const [mine, expected] = [await result(onnx), await result(cpu)]
    for (const [a, b] of [0, 1].flatMap((i) => [
      [mine.carry[i]!, expected.carry[i]!] as const,
      [mine.outputs[i]!, expected.outputs[i]!] as const,
    ])) {
      expect(a.shape).toEqual(b.shape)
      const off = Array.from(a.values, (value, i) => {
        const expectedValue = b.values[i]!
        return Math.abs(value - expectedValue) / Math.max(1, Math.abs(expectedValue))
      })
      const worst = off.reduce((most, each) => Math.max(most, each), 0)
      // The eager cpu backend sums a million squares one after the other in float32.
      expect(worst).toBeLessThan(1e-3)
    }
  })
})

describe("the event loop", () => {
  it("stays free while a flow is trained", async () => {
    const gaps: Array<number> = []
    let last = performance.now()
    const timer = setInterval(() => {
      gaps.push(performance.now() - last)
      last = performance.now()
    }, 1)
    await run(fitDensity(flow, data, { epochs: 20, batchSize: 50 }), onnx)
    clearInterval(timer)
    // Tracing and opening the session come first, and take one gap each.
    const sorted = gaps.toSorted((a, b) => b - a)
    expect(gaps.length).toBeGreaterThan(5)
    expect(sorted[4]).toBeLessThan(100)
  })
})
