import {
  affine,
  bijectorPlugins,
  exp,
  fillTriangular,
  normalCdf,
  permute,
  sigmoid,
  trainableAffine,
} from "@pushforward/bijectors"
import {
  chain,
  combinatorPlugins,
  CompositionError,
  inline,
  instantiate,
  invert,
  makeKey,
  makeRegistry,
  paramLeaves,
  randomizeParams,
  toTensors,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import {
  type Distribution,
  distributionKind,
  distributionPlugins,
  gaussianMixture,
  independent,
  isParametricDistribution,
  multivariateNormal,
  normal,
  standardNormal,
  transformed,
  uniform,
} from "../src/index.ts"
import { expectNear, onEachEngine, read } from "./engines.ts"

const registry = Result.getOrThrow(
  makeRegistry([...combinatorPlugins, ...bijectorPlugins, ...distributionPlugins]),
)

const scores = (d: Distribution, ...values: ReadonlyArray<number>): ReadonlyArray<number> =>
  read(d.logProb(tf.tensor1d([...values])))

onEachEngine("known values", () => {
  it("log N(2.01; 0, 1), directly and as the pushforward of the uniform by the quantile", () => {
    expect(scores(normal(), 2.01)[0]).toBeCloseTo(-2.938989, 6)
    const quantile = transformed(uniform({ low: 0, high: 1 }), invert(normalCdf()))
    expect(scores(quantile, 2.01)[0]).toBeCloseTo(-2.938989, 6)
  })
  it("a normal stretched by two", () => {
    const double = affine({ scale: 2 })
    const stretched = transformed(normal(), double)
    const y = double.forward(tf.tensor1d([0, 0.5, 1]))
    expectNear(stretched.logProb(y), [-1.6120857, -1.7370857, -2.1120858], { tolerance: 1e-7 })
    expectNear(stretched.cdf!(y), [0.5, 0.6914625, 0.8413447], { tolerance: 1e-7 })
  })
})

onEachEngine("outside the support and at its ends", () => {
  const bounded = transformed(normal(), sigmoid())
  it("−∞ outside, NaN for NaN only", () => {
    expect(scores(normal(), Infinity, -Infinity, NaN)).toEqual([-Infinity, -Infinity, NaN])
    expect(scores(uniform(), -0.1, 0, 1, 1.1, NaN)).toEqual([-Infinity, 0, 0, -Infinity, NaN])
    expect(scores(transformed(normal(), exp()), 0, -1, Infinity, NaN)).toEqual([
      -Infinity,
      -Infinity,
      -Infinity,
      NaN,
    ])
    expect(scores(bounded, -1, 0, 1, 2, NaN)).toEqual([
      -Infinity,
      -Infinity,
      -Infinity,
      -Infinity,
      NaN,
    ])
    const full = multivariateNormal({
      scaleTril: [
        [1, 0],
        [0, 1],
      ],
    })
    expect(
      read(
        full.logProb(
          tf.tensor2d([
            [Infinity, 0],
            [NaN, 0],
          ]),
        ),
      ),
    ).toEqual([-Infinity, NaN])
  })
  it("a row outside leaves the gradients of the others alone", () => {
    const gradient = tf.grad((y: tf.Tensor) => tf.sum(bounded.logProb(y)))(
      tf.tensor1d([0.5, -3, 2, 0.25]),
    )
    expect(read(gradient).every(Number.isFinite)).toBe(true)
    expect(read(gradient)[1]).toBe(0)
    const flat = tf.grad((x: tf.Tensor) => tf.sum(uniform().logProb(x)))(tf.tensor1d([0.5, 3]))
    expect(read(flat)).toEqual([0, 0])
  })
  it("an image smaller than the codomain", () => {
    const d = transformed(uniform({ low: 0, high: 1 }), exp())
    expect(scores(d, 0.5, 2, 3)).toEqual([-Infinity, Math.fround(-Math.log(2)), -Infinity])
    expect(read(d.support.contains(tf.tensor1d([-1, 0.5, 2, 3])))).toEqual([0, 0, 1, 0])
    expect(d.support.draw(makeKey(0), [5]).every((y) => y > 1 && y < Math.E)).toBe(true)
  })
  it("a structured codomain", () => {
    const d = transformed(standardNormal([3]), fillTriangular())
    const inside = tf.tensor3d([
      [
        [0, 0],
        [0, 0],
      ],
      [
        [0, 1],
        [0, 0],
      ],
    ])
    expect(read(d.logProb(inside))).toEqual([Math.fround(-1.5 * Math.log(2 * Math.PI)), -Infinity])
    expect(d.eventShape).toEqual([2, 2])
  })
  it("distribution functions beyond the ends", () => {
    expect(read(transformed(normal(), exp()).cdf!(tf.tensor1d([-2, 0, Infinity])))).toEqual([
      0, 0, 1,
    ])
  })
})

onEachEngine("draws", () => {
  for (const plugin of distributionPlugins) {
    plugin.examples.forEach((example, i) => {
      it(`${plugin.tag} ${i}: shapes, their log density, and the same for the same key`, () => {
        const layer = Result.getOrThrow(
          registry.compile(distributionKind, example.spec, { eventShape: example.eventShape }),
        )
        const d = isParametricDistribution(layer)
          ? instantiate(layer, randomizeParams(layer.init(makeKey(1)), makeKey(2)))
          : layer
        for (const sampleShape of [[], [5], [2, 3]]) {
          const [x, logProb] = d.sampleAndLogProb(makeKey(3), sampleShape)
          expect(x.shape).toEqual([...sampleShape, ...d.batchShape, ...d.eventShape])
          expect(logProb.shape).toEqual([...sampleShape, ...d.batchShape])
          expectNear(logProb, read(d.logProb(x)), { tolerance: 1e-5 })
          expect(read(d.sample(makeKey(3), sampleShape))).toEqual(read(x))
        }
        const many = d.sample(makeKey(4), [4000])
        const { mean, variance } = tf.moments(many, 0)
        // Four standard errors of the mean; a generous band for the variance.
        if (d.mean && d.variance) {
          const error = read(tf.div(tf.sub(mean, d.mean()), tf.sqrt(tf.div(d.variance(), 4000))))
          expect(error.every((e) => Math.abs(e) < 4)).toBe(true)
          expect(read(tf.div(variance, d.variance())).every((r) => r > 0.9 && r < 1.1)).toBe(true)
        }
        if (d.entropy) {
          const estimate = read(tf.neg(tf.mean(d.logProb(many))))[0]!
          expect(estimate).toBeCloseTo(read(d.entropy())[0]!, 1)
        }
      })
    })
  }
  it("leave nothing behind but themselves", () => {
    const d = transformed(standardNormal([2]), exp())
    const before = tf.memory().numTensors
    d.sample(makeKey(0), [3])
    expect(tf.memory().numTensors).toBe(before + 1)
    d.sampleAndLogProb(makeKey(0), [3])
    expect(tf.memory().numTensors).toBe(before + 3)
  })
  it("a batch of parameters gives one draw each", () => {
    const d = normal({ loc: [0, 100], scale: tf.tensor2d([[1], [2], [3]]) })
    expect(d.batchShape).toEqual([3, 2])
    const x = d.sample(makeKey(0), [4])
    expect(x.shape).toEqual([4, 3, 2])
    expect(new Set(read(x)).size).toBe(24)
  })
})

onEachEngine("mixtures", () => {
  it("a batch of them from tensors, each like one by itself", () => {
    const loc = [
      [0, 1],
      [2, -3],
    ]
    const scaleTril = [
      [
        [1, 0],
        [0.5, 2],
      ],
      [
        [0.5, 0],
        [-1, 1],
      ],
    ]
    const x = tf.tensor2d([
      [0.5, 0],
      [1, -2],
      [3, 3],
    ])
    const weights = [
      [1, 1],
      [1, 3],
      [9, 1],
    ]
    const batch = gaussianMixture({
      weights: tf.tensor2d(weights),
      loc: tf.tensor2d(loc),
      scaleTril: tf.tensor3d(scaleTril),
    })
    expect(batch.batchShape).toEqual([3])
    const alone = weights.map((each) => gaussianMixture({ weights: each, loc, scaleTril }))
    expectNear(
      batch.logProb(x),
      alone.map((d, i) => read(d.logProb(x))[i]!),
    )
    expectNear(
      batch.mean!(),
      alone.flatMap((d) => read(d.mean!())),
    )
    expectNear(
      batch.variance!(),
      alone.flatMap((d) => read(d.variance!())),
    )
    expect(batch.sample(makeKey(0), [5]).shape).toEqual([5, 3, 2])
  })
  it("one component is the multivariate normal, its draws too", () => {
    const loc = [1, -2]
    const factor = [
      [2, 0],
      [-0.5, 0.7],
    ]
    const one = gaussianMixture({ weights: [3], loc: [loc], scaleTril: [factor] })
    const same = multivariateNormal({ loc, scaleTril: factor })
    const x = same.sample(makeKey(1), [7])
    expectNear(one.logProb(x), read(same.logProb(x)))
    const normals = same.noise(makeKey(2), [7])
    const noise = tf.concat(
      [tf.zeros([7, 1]), tf.tensor2d(normals.values as Float32Array, [7, 2])],
      -1,
    )
    expectNear(one.sampleFrom(noise), read(same.sampleFrom(tf.slice(noise, [0, 1]))))
  })
  it("the uniform number chooses: components in order, each as often as it weighs", () => {
    const d = gaussianMixture({
      weights: [1, 2, 1],
      loc: [[-100], [0], [100]],
      scaleTril: [[[1]], [[1]], [[1]]],
    })
    const noise = tf.tensor2d([0.1, 0.24, 0.26, 0.74, 0.76, 1].flatMap((u) => [[u, 0]]))
    expect(read(d.sampleFrom(noise))).toEqual([-100, -100, 0, 0, 100, 100])
  })
  it("far out and outside", () => {
    const d = gaussianMixture({ weights: [1, 1], loc: [[0], [1]], scaleTril: [[[1]], [[2]]] })
    const [far, ...outside] = read(d.logProb(tf.tensor2d([[1e25], [Infinity], [-Infinity], [NaN]])))
    expect(far).toBeLessThan(-1e37)
    expect(outside).toEqual([-Infinity, -Infinity, NaN])
  })
})

onEachEngine("monotone bijectors", () => {
  const p = [0.1, 0.4, 0.9]
  const maps = [affine({ scale: -2, shift: 1 }), chain(affine({ scale: -1 }), exp()), exp()]
  it("quantile undoes cdf, upwards and downwards", () => {
    for (const map of maps) {
      const d = transformed(normal(), map)
      expectNear(d.cdf!(d.quantile!(tf.tensor1d(p))), p)
      const q = read(d.quantile!(tf.tensor1d(p)))
      expect(q[0]! < q[1]! && q[1]! < q[2]!).toBe(true)
    }
  })
})

onEachEngine("recipes", () => {
  const shiftByContext = inline({
    name: "shift-by-context",
    eventShapeIn: [2],
    contextShape: [2],
    parameters: () => ({ gain: trainable([], 1) }),
    forward: (x, { gain, context }) => tf.add(x, tf.mul(gain, context!)),
    inverse: (y, { gain, context }) => tf.sub(y, tf.mul(gain, context!)),
    forwardLogDet: (x) => tf.zeros(x.shape.slice(0, -1)),
  })
  it("file parameters under base and bijector", () => {
    const nested = transformed(
      transformed(standardNormal([2]), trainableAffine([2])),
      trainableAffine([2]),
    )
    expect(paramLeaves(nested.init(makeKey(0))).map(([path]) => path.join("/"))).toEqual([
      "base/bijector/shift",
      "base/bijector/rawScale",
      "bijector/shift",
      "bijector/rawScale",
    ])
  })
  it("context reaches both sides; its batch is the distribution's", () => {
    const recipe = transformed(
      transformed(standardNormal([2]), shiftByContext),
      chain(permute([1, 0]), shiftByContext),
    )
    expect(recipe.contextShape).toEqual([2])
    const context = tf.tensor2d([
      [1, 10],
      [2, 20],
      [3, 30],
    ])
    const d = recipe.build(toTensors(recipe.init(makeKey(0))), { context })
    expect(d.batchShape).toEqual([3])
    expect(d.sample(makeKey(1), [7]).shape).toEqual([7, 3, 2])
    // Base mean is the context, swapped and moved again: [11, 11] · row.
    const centre = tf.tensor2d([
      [11, 11],
      [22, 22],
      [33, 33],
    ])
    expectNear(d.logProb(centre), Array<number>(3).fill(-Math.log(2 * Math.PI)))
  })
})

describe("refusals name the mend", () => {
  it("compositions", () => {
    expect(() => transformed(normal(), invert(exp()))).toThrow(CompositionError)
    expect(() => transformed(normal(), invert(exp()))).toThrow(
      "Put a bijector from real to positive",
    )
    expect(() => transformed(normal(), permute([1, 0]))).toThrow("independent(normal, [...])")
    expect(() => transformed(standardNormal([3]), permute([1, 0]))).toThrow(CompositionError)
    expect(() => independent(normal({ loc: [0, 1] }), [3])).toThrow("Make the sizes agree")
  })
  it("parameters", () => {
    expect(() => normal({ scale: 0 })).toThrow("positive scale")
    expect(() => uniform({ low: 1, high: 1 })).toThrow("low < high")
    expect(() => multivariateNormal({ scaleIdentity: 1 })).toThrow("standardNormal([d])")
    const mixture = { weights: [1, 1], loc: [[0], [1]], scaleTril: [[[1]], [[1]]] }
    expect(() => gaussianMixture({ ...mixture, weights: [1, 0] })).toThrow("positive weights")
    expect(() => gaussianMixture({ ...mixture, weights: [1, 1, 1] })).toThrow("got [3], [2, 1]")
    expect(() => gaussianMixture({ ...mixture, loc: [[0], [1, 2]] })).toThrow(
      "of 2 beside one of 1",
    )
    expect(() => gaussianMixture({ ...mixture, loc: [[0], [NaN]] })).toThrow("finite means")
    expect(() => gaussianMixture({ ...mixture, scaleTril: [[[1]], [[0]]] })).toThrow("diagonal")
  })
  it("specs", () => {
    const message = (spec: unknown, eventShape: ReadonlyArray<number>): string => {
      const result = registry.compile(distributionKind, spec, { eventShape })
      return Result.isFailure(result) ? result.failure.message : "no failure"
    }
    expect(message({ _tag: "normal" }, [3])).toContain("independent")
    expect(
      message({ _tag: "multivariate-normal", scaleDiag: [1], scaleIdentity: 2 }, [1]),
    ).toContain("one scale")
    expect(
      message({ _tag: "transformed", base: { _tag: "uniform" }, bijector: { _tag: "exp" } }, [2]),
    ).toContain("independent")
  })
})
