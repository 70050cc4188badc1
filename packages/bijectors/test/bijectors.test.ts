import {
  type Bijector,
  bijectorKind,
  combinatorPlugins,
  instantiate,
  isParametric,
  makeKey,
  makeRegistry,
  paramLeaves,
  randomizeParams,
  SpecError,
  state,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import {
  affine,
  batchNorm,
  bijectorPlugins,
  exp,
  fillTriangular,
  luLinear,
  normalCdf,
  permute,
  reverse,
  scaleTril,
  sigmoid,
  softplus,
  tanh,
  trainableAffine,
} from "../src/index.ts"
import { onEachEngine, read } from "./engines.ts"

const registry = Result.getOrThrow(makeRegistry([...combinatorPlugins, ...bijectorPlugins]))

const compile = (spec: unknown, eventShape: ReadonlyArray<number>) =>
  registry.compile(bijectorKind, spec, { eventShape })

const failure = (spec: unknown, eventShape: ReadonlyArray<number>): string => {
  const result = compile(spec, eventShape)
  expect(Result.isFailure(result)).toBe(true)
  const error = (result as Result.Failure<unknown, SpecError>).failure
  expect(error).toBeInstanceOf(SpecError)
  return error.message
}

onEachEngine("examples of every plugin", () => {
  for (const plugin of bijectorPlugins.filter(({ kind }) => kind.name === bijectorKind.name)) {
    plugin.examples.forEach((example, i) => {
      it(`${plugin.tag} ${i}: shapes with 0, 1 and 2 batch axes, twice differentiable`, () => {
        const layer = Result.getOrThrow(compile(example.spec, example.eventShape))
        const bijector = isParametric(layer)
          ? instantiate(layer, randomizeParams(layer.init(makeKey(1)), makeKey(2)))
          : layer
        const eventIn = bijector.inverseEventShape(example.eventShape)
        for (const batch of [[], [4], [2, 3]]) {
          const shape = [...batch, ...eventIn]
          const x = tf.tensor(bijector.domain.draw(makeKey(3), shape), shape)
          const [y, forward] = bijector.forwardAndLogDet(x)
          const [back, inverse] = bijector.inverseAndLogDet(y)
          expect(y.shape).toEqual([...batch, ...example.eventShape])
          expect(back.shape).toEqual(shape)
          const logDet = bijector.eventRankIn === 0 ? shape : batch
          expect(forward.shape).toEqual(logDet)
          expect(inverse.shape).toEqual(logDet)
        }
        const x = tf.tensor(bijector.domain.draw(makeKey(4), eventIn), [...eventIn])
        const objective = (v: tf.Tensor): tf.Tensor<tf.Rank.R0> => {
          const [y, logDet] = bijector.forwardAndLogDet(v)
          const [, back] = bijector.inverseAndLogDet(y)
          return tf.sum(tf.concat([tf.square(y), logDet, back].map((t) => tf.reshape(t, [-1]))))
        }
        const once = tf.grad(objective)
        const twice = tf.grad((v: tf.Tensor) => tf.sum(tf.square(once(v))))
        expect([...read(once(x)), ...read(twice(x))].every(Number.isFinite)).toBe(true)
      })
    })
  }
})

onEachEngine("edges", () => {
  const atEdges = (bijector: Bijector, ...ys: ReadonlyArray<number>) => {
    const [x, logDet] = bijector.inverseAndLogDet(tf.tensor1d([...ys]))
    return [read(x), read(logDet)]
  }
  it("the ends of a codomain give clean infinities, never NaN", () => {
    expect(atEdges(exp(), 0)).toEqual([[-Infinity], [Infinity]])
    expect(atEdges(softplus(), 0)).toEqual([[-Infinity], [Infinity]])
    expect(atEdges(sigmoid(), 0, 1)).toEqual([
      [-Infinity, Infinity],
      [Infinity, Infinity],
    ])
    expect(atEdges(tanh(), -1, 1)).toEqual([
      [-Infinity, Infinity],
      [Infinity, Infinity],
    ])
    expect(atEdges(normalCdf(), 0, 1)).toEqual([
      [-Infinity, Infinity],
      [Infinity, Infinity],
    ])
  })
  it("far out on the real line nothing is NaN", () => {
    for (const bijector of [softplus(), sigmoid(), tanh(), normalCdf()]) {
      const [y, logDet] = bijector.forwardAndLogDet(tf.tensor1d([-1e4, -100, 100, 1e4]))
      expect([...read(y), ...read(logDet)].every(Number.isFinite)).toBe(true)
    }
  })
  it("permutations carry infinities and NaN where they belong", () => {
    const x = tf.tensor1d([Infinity, NaN, 1])
    expect(read(permute([2, 0, 1]).forward(x))).toEqual([1, Infinity, NaN])
    expect(read(reverse().forward(x))).toEqual([1, NaN, Infinity])
  })
})

onEachEngine("affine", () => {
  it("shifts by the constant itself, not by the nearest float32", () => {
    // 1000.1 is 1000.0999755859375 in float32; data near it would be off by 2.4 scales.
    const x = affine({ shift: 1000.1, scale: 1e-5 }).inverse(tf.scalar(1000.1))
    expect(read(x)[0]).toBeCloseTo((Math.fround(1000.1) - 1000.1) / 1e-5, 3)
  })
  it("broadcasts vectors over batch axes, and takes tensors with gradients", () => {
    const y = affine({ shift: [1, 2], scale: [2, -1] }).forward(tf.ones([3, 2]))
    expect(read(y)).toEqual([3, 1, 3, 1, 3, 1])
    const gradient = tf.grad((scale: tf.Tensor) =>
      tf.sum(affine({ scale }).forwardAndLogDet(tf.tensor1d([1, 2, 3]))[1]),
    )(tf.scalar(2))
    expect(read(gradient)[0]).toBeCloseTo(1.5)
  })
  it("trained scales stay within their bounds", () => {
    const recipe = trainableAffine([2])
    const wild = { ...recipe.init(makeKey(0)), rawScale: state([2], [-1e4, 1e4]) }
    const [y, logDet] = instantiate(recipe, wild).forwardAndLogDet(tf.ones([2]))
    expect(read(y)[0]).toBeCloseTo(Math.exp(-10))
    expect(read(y)[1]! / Math.exp(10)).toBeCloseTo(1)
    expect(read(logDet)[0]).toBeCloseTo(0)
  })
})

describe("refusals say what, expected what, and how to mend", () => {
  it("constructors", () => {
    expect(() => affine({ scale: [1, 0] })).toThrow(
      "affine: expected a finite scale other than 0, got 0",
    )
    expect(() => affine({ shift: NaN })).toThrow("finite shift")
    expect(() => permute([0, 0, 2])).toThrow("The index 1 is missing")
    expect(() =>
      scaleTril({
        scaleTril: [
          [1, 2],
          [0, 1],
        ],
      }),
    ).toThrow("0 above the diagonal, got 2 in row 0")
    expect(() =>
      scaleTril({
        scaleTril: [
          [1, 0],
          [3, 0],
        ],
      }),
    ).toThrow("row 1, column 1")
    expect(() => batchNorm([1], { momentum: 1 })).toThrow("momentum")
    expect(() => luLinear(0)).toThrow("vectors of length 1, 2, …, got 0")
    expect(() => fillTriangular().forwardEventShape([4])).toThrow("The lengths are 1, 3, 6")
  })
  it("specs", () => {
    expect(failure({ _tag: "permute", order: [0, 2, 1] }, [2])).toContain("permute")
    expect(failure({ _tag: "permute" }, [2])).toContain("either an order or a seed, got neither")
    expect(failure({ _tag: "permute", order: [0, 1], seed: 1 }, [2])).toContain("got both")
    expect(failure({ _tag: "permute", seed: 1 }, [2, 2])).toContain("events that are vectors")
    expect(failure({ _tag: "lu-linear" }, [])).toContain("affine for single numbers")
    expect(failure({ _tag: "rational-quadratic-spline", bins: 1 }, [2])).toContain("bins")
    expect(failure({ _tag: "elementwise", transformer: { _tag: "afine" } }, [2])).toContain(
      `transformer._tag: expected the tag of a transformer (affine, rational-quadratic-spline, sinh-arcsinh), got "afine". Did you mean "affine"?`,
    )
    expect(failure({ _tag: "affine", scale: [1, 2, 3] }, [2])).toContain("[3]")
    expect(failure({ _tag: "affine", scale: 0 }, [2])).toContain("other than 0")
    expect(failure({ _tag: "scale-tril" }, [])).toContain("affine for single numbers")
    expect(failure({ _tag: "fill-triangular" }, [3])).toContain("square matrix")
    expect(failure({ _tag: "soft-plus" }, [3])).toContain(`Did you mean "softplus"?`)
  })
})

describe("the affine spec", () => {
  const trained = (spec: object): ReadonlyArray<string> => {
    const layer = Result.getOrThrow(compile({ _tag: "affine", ...spec }, [2]))
    return isParametric(layer)
      ? paramLeaves(layer.init(makeKey(0))).map(([path]) => path.join("/"))
      : []
  }
  it("trains both when neither is given, and what says so", () => {
    expect(trained({})).toEqual(["shift", "rawScale"])
    expect(trained({ shift: 2 })).toEqual([])
    expect(trained({ scale: [1, 2] })).toEqual([])
    expect(trained({ shift: "trainable", scale: 2 })).toEqual(["shift"])
    expect(trained({ scale: "trainable" })).toEqual(["rawScale"])
  })
})
