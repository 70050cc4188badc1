import { cpu } from "@pushforward/backend-cpu"
import { actNorm, batchNorm, luLinear, rationalQuadraticSpline } from "@pushforward/bijectors"
import {
  Backend,
  type BackendShape,
  chain,
  type HostTensor,
  type LoopProgram,
  makeKey,
  normalValues,
  type StepFunction,
} from "@pushforward/core"
import {
  type ParametricDistribution,
  standardNormal,
  transformed,
} from "@pushforward/distributions"
import { iaf, maf } from "@pushforward/flows-maf-iaf"
import {
  adam,
  adamW,
  amsgrad,
  type FitData,
  fitDensity,
  meanAndError,
  type Optimiser,
  type Rows,
  sampleRows,
  scoreRows,
  sgd,
} from "@pushforward/training"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Layer } from "effect"
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
  optimiser: Optimiser,
): Promise<{ readonly step: StepFunction; readonly program: LoopProgram }> => {
  let found: { readonly step: StepFunction; readonly program: LoopProgram } | undefined
  const spy: BackendShape = {
    name: "spy",
    compile: () => Effect.succeed({ run: () => Effect.never }),
    loop: (step, program) => {
      found = { step, program }
      return Effect.interrupt
    },
  }
  await run(
    fitDensity(recipe, data, { batchSize: 50, optimiser }),
    Layer.succeed(Backend)(spy),
  ).catch(() => undefined)
  return found!
}

/** A hundred steps on both backends. */
const expectSameSteps = async (
  recipe: ParametricDistribution,
  optimiser: Optimiser,
  learningRate: number,
): Promise<void> => {
  const { step, program } = await programOf(recipe, optimiser)
  const steps = 100
  const inputs: ReadonlyArray<HostTensor> = [
    { shape: [steps, 50, 2], dtype: "float32", values: normalRows(3, steps * 50).values },
    {
      shape: [steps, optimiser.rates(1, learningRate).length],
      dtype: "float32",
      values: Float32Array.from(
        Array.from({ length: steps }, (_, i) => optimiser.rates(i + 1, learningRate)).flat(),
      ),
    },
    { shape: [steps, 2], dtype: "float32", values: new Float32Array(2 * steps) },
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
}

describe("a hundred steps give the losses and the parameters of the eager cpu backend", () => {
  it.each([
    { optimiser: adam(), learningRate: 2e-3 },
    { optimiser: adamW(), learningRate: 2e-3 },
    { optimiser: amsgrad(), learningRate: 2e-3 },
    { optimiser: sgd(), learningRate: 1e-3 },
  ])("with $optimiser.name", ({ optimiser, learningRate }) =>
    expectSameSteps(flow, optimiser, learningRate),
  )

  const transformer = rationalQuadraticSpline({ bins: 8, bound: 8 })
  it.each([
    ["iaf", iaf({ size: 2, layers: 2, hidden: [16] })],
    ["maf of splines", maf({ size: 2, layers: 2, hidden: [16], transformer })],
    ["residual maf", maf({ size: 2, layers: 2, hidden: [16, 16, 16], residual: true })],
    ["linear layers", chain(actNorm([2]), luLinear(2), batchNorm([2]))],
  ])("for a flow: %s", (_, bijector) =>
    expectSameSteps(transformed(standardNormal([2]), bijector), adam(), 2e-3),
  )
})

describe("a loop over a long vector", () => {
  it.each([
    { optimiser: adam(), layer: onnx, on: "onnx" },
    { optimiser: adam(), layer: onnxWeb, on: "onnxWeb" },
    { optimiser: adamW(), layer: onnx, on: "onnx" },
    { optimiser: amsgrad(), layer: onnx, on: "onnx" },
    { optimiser: sgd(), layer: onnx, on: "onnx" },
  ])("does five steps of $optimiser.name in place on $on", async ({ optimiser, layer: mineOn }) => {
    const [half, n] = [150_000, 300_010]
    const step: StepFunction = ([w, ...moments], _, [rates]) => {
      const [a, b] = [tf.slice(w!, [0], [half]), tf.slice(w!, [half + 10], [half])]
      const gradient = tf.concat([tf.mul(a, 2), tf.ones([10]), tf.sin(b)])
      const norm = tf.norm(gradient)
      const next = optimiser.update(w!, tf.div(gradient, norm), moments, tf.unstack(rates!))
      return {
        carry: [next.parameters, ...next.moments],
        outputs: [tf.mean(tf.square(a)), norm],
      }
    }
    const vector = (seed: number): HostTensor => ({
      shape: [n],
      dtype: "float32",
      values: Float32Array.from({ length: n }, (_, i) => 1 + Math.sin(seed * i)),
    })
    const perStep = Array.from({ length: 5 }, (_, k) => optimiser.rates(k + 1, 0.01))
    const program: LoopProgram = {
      carry: [vector(1), ...Array.from({ length: optimiser.moments }, () => vector(2))],
      resident: [],
      inputs: [{ shape: [perStep[0]!.length], dtype: "float32" }],
    }
    const rates: HostTensor = {
      shape: [5, perStep[0]!.length],
      dtype: "float32",
      values: Float32Array.from(perStep.flat()),
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
    const [mine, expected] = [await result(mineOn), await result(cpu)]
    const pairs = [
      ...expected.carry.map((b, i) => [mine.carry[i]!, b] as const),
      ...expected.outputs.map((b, i) => [mine.outputs[i]!, b] as const),
    ]
    for (const [a, b] of pairs) {
      expect(a.shape).toEqual(b.shape)
      const off = Array.from(a.values, (value, i) => {
        const expectedValue = b.values[i]!
        return Math.abs(value - expectedValue) / Math.max(1, Math.abs(expectedValue))
      })
      const worst = off.reduce((most, each) => Math.max(most, each), 0)
      // The eager cpu backend sums the squares one after the other in float32.
      expect(worst).toBeLessThan(1e-3)
    }
  })

  it("stops after the first step whose first output is no number, and keeps that step's carry", async () => {
    const n = 300_000
    const step: StepFunction = ([w], _, [x]) => ({
      carry: [tf.add(w!, x!)],
      outputs: [tf.log(x!), tf.mul(x!, 2)],
    })
    const program: LoopProgram = {
      carry: [{ shape: [n], dtype: "float32", values: new Float32Array(n) }],
      resident: [],
      inputs: [{ shape: [], dtype: "float32" }],
    }
    const inputs: ReadonlyArray<HostTensor> = [
      { shape: [4], dtype: "float32", values: Float32Array.of(1, 2, -1, 5) },
    ]
    const { outputs, carry } = await run(
      Effect.scoped(
        Effect.gen(function* () {
          const loop = yield* (yield* Backend).loop(step, program)
          return { outputs: yield* loop.run(inputs), carry: yield* loop.carry }
        }),
      ),
      onnx,
    )
    expect(outputs.map(({ shape }) => shape)).toEqual([[3], [3]])
    expect([...outputs[1]!.values]).toEqual([2, 4, -2])
    expect(carry[0]!.values.every((value) => value === 2)).toBe(true)
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
