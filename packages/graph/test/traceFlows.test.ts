import { bijectorPlugins } from "@pushforward/bijectors"
import {
  type AnyPlugin,
  type Bijector,
  bijectorKind,
  combinatorPlugins,
  foldKey,
  instantiate,
  isParametric,
  type Layer,
  makeKey,
  makeRegistry,
  normalValues,
  type Params,
  randomizeParams,
  type Shape,
  sizeOf,
  type TensorSpec,
} from "@pushforward/core"
import {
  type Distribution,
  distributionKind,
  type DistributionLayer,
  distributionPlugins,
  isParametricDistribution,
} from "@pushforward/distributions"
import { mafIafPlugins } from "@pushforward/flows-maf-iaf"
import { evaluate, inFloat64, trace } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { expectAgreement, expectClose } from "./agree.ts"

const plugins = [...combinatorPlugins, ...bijectorPlugins, ...distributionPlugins, ...mafIafPlugins]
const registry = Result.getOrThrow(makeRegistry(plugins))
const key = makeKey(3)

interface Example {
  readonly spec: unknown
  readonly eventShape: Shape
  readonly contextShape?: Shape
}

const examplesOf = (kind: string): ReadonlyArray<Example & { readonly label: string }> =>
  (plugins as ReadonlyArray<AnyPlugin>)
    .filter((plugin) => plugin.kind.name === kind)
    .flatMap((plugin) => plugin.examples as ReadonlyArray<Example>)
    .map((example) => ({
      ...example,
      label: `${JSON.stringify(example.spec).slice(0, 70)} on [${example.eventShape.join(", ")}]`,
    }))

const rows = (...shape: Shape): TensorSpec => ({ shape: [null, ...shape], dtype: "float32" })
const batches = [1, 3, 7]

const bijectorExamples = examplesOf("bijector").map(({ label, spec, eventShape, contextShape }) => {
  const layer = Result.getOrThrow(
    registry.compile<Layer>(bijectorKind, spec, { eventShape, contextShape }),
  )
  const shapeIn = layer.inverseEventShape(eventShape)
  const params: Params = isParametric(layer) ? randomizeParams(layer.init(key), key) : {}
  return {
    label,
    eventShape,
    shapeIn,
    build: (context: tf.Tensor | undefined): Bijector =>
      isParametric(layer) ? instantiate(layer, params, context && { context }) : layer,
    contextSpec: contextShape ? [rows(...contextShape)] : [],
    /** `n` contexts, if there are any. */
    context: (n: number) =>
      contextShape
        ? [
            {
              shape: [n, ...contextShape],
              values: normalValues(foldKey(key, n), n * sizeOf(contextShape)),
            },
          ]
        : [],
    /** `n` points of the domain. */
    draws: (n: number) => ({
      shape: [n, ...shapeIn],
      values: layer.domain.draw(foldKey(key, n), [n, ...shapeIn]),
    }),
  }
})

describe("every bijector plugin's examples, in float64", () => {
  for (const {
    label,
    eventShape,
    shapeIn,
    build,
    contextSpec,
    context,
    draws,
  } of bijectorExamples) {
    it(`${label}: one trace, every batch: both round trips, and log-dets that cancel`, () => {
      const forward = trace(
        ([x, c]) => [...build(c).forwardAndLogDet(x!)],
        [rows(...shapeIn), ...contextSpec],
        { exact: true },
      )
      const inverse = trace(
        ([y, c]) => [...build(c).inverseAndLogDet(y!)],
        [rows(...eventShape), ...contextSpec],
        { exact: true },
      )
      for (const n of batches) {
        const x = draws(n)
        const [y, logDet] = evaluate(forward, [x, ...context(n)])
        const [back, inverseLogDet] = evaluate(inverse, [y!, ...context(n)])
        expect(y!.shape).toEqual([n, ...eventShape])
        expectClose(back!.values, x.values, 1e-12)
        expectClose(
          inverseLogDet!.values,
          logDet!.values.map((value) => -value),
          1e-12,
        )
        const [again] = evaluate(forward, [back!, ...context(n)])
        expectClose(again!.values, y!.values, 1e-12)
      }
    })

    it(`${label}: agrees with the cpu engine, gradients too`, () => {
      const inputs = [draws(3), ...context(3)]
      expectAgreement(([x, c]) => [...build(c).forwardAndLogDet(x!)], inputs, {
        dynamic: true,
        tolerance: 1e-4,
      })
      expectAgreement(
        ([x, c]) => {
          const loss = (t: tf.Tensor): tf.Tensor => {
            const [y, logDet] = build(c).forwardAndLogDet(t)
            return tf.add(tf.sum(tf.square(y)), tf.sum(logDet))
          }
          return [tf.grad(loss)(x!)]
        },
        inputs,
        { dynamic: true, tolerance: 1e-3 },
      )
    })
  }

  // A triangle has more entries than the vector that fills it, and no determinant.
  for (const { label, shapeIn, build, context, draws } of bijectorExamples.filter(
    ({ shapeIn: from, eventShape: to }) => sizeOf(from) === sizeOf(to),
  )) {
    it(`${label}: the log-det is its Jacobian's`, () => {
      const d = sizeOf(shapeIn)
      const [jacobian, logDet] = inFloat64(
        ([x, c]) => {
          const element = (t: tf.Tensor, i: number): tf.Tensor =>
            tf.sum(tf.slice(tf.reshape(build(c).forward(t), [d]), [i], [1]))
          const row = (i: number): tf.Tensor =>
            // The second term connects an element that does not depend on x at all.
            tf.reshape(tf.grad((t) => tf.add(element(t, i), tf.mul(0, tf.sum(t))))(x!), [d])
          return [
            tf.stack(Array.from({ length: d }, (_, i) => row(i))),
            tf.sum(build(c).forwardAndLogDet(x!)[1]),
          ]
        },
        [draws(1), ...context(1)],
      )
      const matrix = Array.from({ length: d }, (_, i) =>
        Array.from(jacobian!.values.subarray(i * d, (i + 1) * d)),
      )
      expectClose(logDet!.values, [logAbsDet(matrix)], 1e-12)
    })
  }
})

describe("every distribution plugin's examples", () => {
  for (const { label, spec, eventShape, contextShape } of examplesOf("distribution")) {
    const layer = Result.getOrThrow(
      registry.compile<DistributionLayer>(distributionKind, spec, { eventShape, contextShape }),
    )
    const params: Params = isParametricDistribution(layer)
      ? randomizeParams(layer.init(key), key)
      : {}
    const build = (): Distribution =>
      isParametricDistribution(layer) ? instantiate(layer, params) : layer

    it(`${label}: densities, their gradients, and draws agree with the cpu engine`, () => {
      const batch = batchShapeOf(build)
      for (const n of batches) {
        const noise = layer.noise(foldKey(key, n), [n, ...batch])
        const shape = [n, ...batch, ...eventShape]
        const inside = {
          shape,
          values: tf.tidy(() =>
            build()
              .sampleFrom(tf.tensor(noise.values, [...noise.shape]))
              .dataSync(),
          ),
        }
        const outside = {
          shape,
          values: normalValues(foldKey(key, n), sizeOf(shape)).map((v) => 3 * v),
        }
        expectAgreement(
          ([z]) => [build().sampleFrom(z!), ...build().sampleAndLogProbFrom(z!)],
          [{ ...noise, values: Float32Array.from(noise.values) }],
          { dynamic: true, tolerance: 1e-4 },
        )
        for (const x of [inside, outside]) {
          expectAgreement(([t]) => [build().logProb(t!)], [x], { dynamic: true, tolerance: 1e-4 })
          expectAgreement(([t]) => [tf.grad((s) => tf.sum(build().logProb(s)))(t!)], [x], {
            tolerance: 1e-3,
          })
        }
      }
    })
  }
})

/** The batch shape, without the tensors that building makes. */
const batchShapeOf = (build: () => Distribution): Shape => {
  tf.engine().startScope()
  const { batchShape } = build()
  tf.engine().endScope()
  return batchShape
}

/** `log |det|`, by elimination with row exchanges. */
const logAbsDet = (matrix: ReadonlyArray<ReadonlyArray<number>>): number => {
  const rest = matrix.map((row) => [...row])
  let sum = 0
  for (let k = 0; k < rest.length; k++) {
    const best = rest.reduce(
      (at, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rest[at]![k]!) ? i : at),
      k,
    )
    ;[rest[k], rest[best]] = [rest[best]!, rest[k]!]
    sum += Math.log(Math.abs(rest[k]![k]!))
    for (let i = k + 1; i < rest.length; i++) {
      const factor = rest[i]![k]! / rest[k]![k]!
      for (let j = k; j < rest.length; j++) rest[i]![j]! -= factor * rest[k]![j]!
    }
  }
  return sum
}
