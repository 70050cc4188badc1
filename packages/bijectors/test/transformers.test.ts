import {
  type Bijector,
  elementwise,
  instantiate,
  makeKey,
  normalValues,
  type RawParameters,
  type Transformer,
} from "@pushforward/core"
import { inFloat64 } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import { affineTransformer, rationalQuadraticSpline, sinhArcsinh } from "../src/index.ts"
import { expectNear, onEachEngine, read } from "./engines.ts"
import standard from "./golden/bijectors.json" with { type: "json" }
import golden from "./golden/layers.json" with { type: "json" }

/** A transformer built from one number for each parameter, for `d` dimensions alike. */
const builtFrom = (
  transformer: Transformer,
  d: number,
  fill: (name: string, size: number) => ArrayLike<number>,
): Bijector =>
  transformer.build(
    Object.fromEntries(
      Object.entries(transformer.parameters).map(([name, shape]) => {
        const whole = [...shape, d]
        const size = whole.reduce((n, k) => n * k, 1)
        return [name, tf.tensor(Float32Array.from(fill(name, size)), whole)]
      }),
    ),
  )

/** Uneven bins and slopes; the same for the same seed. */
const uneven =
  (scale: number, seed = 1) =>
  (name: string, size: number): Float32Array =>
    normalValues(makeKey(seed + name.length), size).map((z) => scale * z)

const zero = (_: string, size: number): Float32Array => new Float32Array(size)

const column = (...values: ReadonlyArray<number>): tf.Tensor =>
  tf.tensor2d([...values], [values.length, 1])

const cases = golden.rationalQuadraticSpline.map(({ bins, bound, raw, forward, inverse }) => ({
  name: `${bins} bins to ±${bound}`,
  transformer: rationalQuadraticSpline({ bins, bound }),
  raw,
  forward,
  inverse,
  /** Both dimensions see the same numbers. */
  pairs: forward.in.map((x) => [x, x]),
}))

onEachEngine("rational-quadratic-spline against NumPy, equation by equation", () => {
  for (const { name, transformer, raw, forward, inverse, pairs } of cases) {
    it(name, () => {
      const bijector = transformer.build({
        widths: tf.tensor2d(raw.widths),
        heights: tf.tensor2d(raw.heights),
        slopes: tf.tensor2d(raw.slopes),
      })
      // Rounding of x moves y by the slope times as much.
      const steepness =
        (logDets: ReadonlyArray<ReadonlyArray<number>>) =>
        (i: number): number =>
          1 + Math.exp(logDets.flat()[i]!)
      const [y, logDet] = bijector.forwardAndLogDet(tf.tensor2d(pairs))
      expectNear(y, forward.out.flat(), { weight: steepness(forward.logDet) })
      expectNear(logDet, forward.logDet.flat(), { tolerance: 2e-5 })
      const [x, back] = bijector.inverseAndLogDet(tf.tensor2d(pairs))
      expectNear(x, inverse.out.flat(), { weight: steepness(inverse.logDet) })
      expectNear(back, inverse.logDet.flat(), { tolerance: 2e-5 })
    })
  }
})

describe("rational-quadratic-spline in float64", () => {
  const inputs = (raw: (typeof cases)[number]["raw"], pairs: number[][]) => [
    { shape: [pairs.length, 2], values: pairs.flat() },
    ...[raw.widths, raw.heights, raw.slopes].map((values) => ({
      shape: [values.length, 2],
      values: values.flat(),
    })),
  ]
  const rawOf = ([, widths, heights, slopes]: ReadonlyArray<tf.Tensor>): RawParameters => ({
    widths: widths!,
    heights: heights!,
    slopes: slopes!,
  })
  const worst = (got: Float64Array, expected: ReadonlyArray<number>): number =>
    got.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
  for (const { name, transformer, raw, forward, inverse, pairs } of cases) {
    it(`${name}: both directions and log-dets to 11 digits`, () => {
      const [y, logDet, x, back] = inFloat64(
        (tensors) => {
          const bijector = transformer.build(rawOf(tensors))
          return [
            ...bijector.forwardAndLogDet(tensors[0]!),
            ...bijector.inverseAndLogDet(tensors[0]!),
          ]
        },
        inputs(raw, pairs),
      )
      expect(worst(y!.values, forward.out.flat())).toBeLessThan(1e-13)
      expect(worst(logDet!.values, forward.logDet.flat())).toBeLessThan(1e-12)
      // The root that was bisected is known to 1e-15 of the interval, times the slope there.
      expect(worst(x!.values, inverse.out.flat())).toBeLessThan(1e-12)
      expect(worst(back!.values, inverse.logDet.flat())).toBeLessThan(1e-10)
    })
    it(`${name}: the way back is the way there, and log-dets cancel`, () => {
      const [away, sum] = inFloat64(
        (tensors) => {
          const bijector = transformer.build(rawOf(tensors))
          const [y, logDet] = bijector.forwardAndLogDet(tensors[0]!)
          const [again, back] = bijector.inverseAndLogDet(y)
          // Where the spline is flat, rounding of y moves x by as much more.
          const off = tf.mul(tf.sub(again, tensors[0]!), tf.minimum(tf.exp(logDet), 1))
          return [off, tf.add(logDet, back)]
        },
        inputs(raw, pairs),
      )
      expect(away!.values.every((off) => Math.abs(off) < 1e-14)).toBe(true)
      expect(sum!.values.every((off) => Math.abs(off) < 1e-10)).toBe(true)
    })
  }
})

onEachEngine("rational-quadratic-spline at its edges", () => {
  it("all zeros are the identity", () => {
    const spline = builtFrom(rationalQuadraticSpline(), 1, zero)
    const x = column(-5, -3, -2.9, -0.75, 0, 0.1, 1.5, 2.999, 3, 7)
    for (const run of [spline.forwardAndLogDet, spline.inverseAndLogDet]) {
      const [y, logDet] = run(x)
      expectNear(y, read(x))
      expectNear(logDet, Array<number>(10).fill(0))
    }
  })
  it("on the knots: the knots, and the slopes asked for", () => {
    // Even bins have knots that float32 holds exactly.
    const slopes = [1.2, -0.7, 0.4, -2, 0.1, 3, -1]
    const spline = builtFrom(rationalQuadraticSpline({ bound: 4 }), 1, (name, size) =>
      name === "slopes" ? slopes : zero(name, size),
    )
    const knots = slopes.map((_, k) => k - 3)
    const bounded = slopes.map((raw) => Math.log(1000) * Math.tanh(raw / Math.log(1000)))
    for (const [run, sign] of [
      [spline.forwardAndLogDet, 1],
      [spline.inverseAndLogDet, -1],
    ] as const) {
      const [y, logDet] = run(column(...knots))
      expectNear(y, knots, { tolerance: 1e-6 })
      expectNear(
        logDet,
        bounded.map((log) => sign * log),
        { tolerance: 1e-5 },
      )
      // The bin below ends as the one above begins.
      const [, below] = run(column(...knots.map((knot) => knot - 4e-7)))
      expectNear(
        below,
        bounded.map((log) => sign * log),
        { tolerance: 1e-4 },
      )
    }
  })
  it("at ±B and beyond: the identity, also for infinities, and NaN stays NaN", () => {
    const spline = builtFrom(rationalQuadraticSpline(), 1, uneven(2))
    const outside = [-Infinity, -1e30, -3.0000002, -3, 3, 3.0000002, 1e30, Infinity, NaN]
    for (const run of [spline.forwardAndLogDet, spline.inverseAndLogDet]) {
      const [y, logDet] = run(column(...outside))
      expect(read(y)).toEqual(outside.map(Math.fround))
      expect(read(logDet).every((value) => value === 0 || Object.is(value, -0))).toBe(true)
      // Just inside, the slope is still near 1.
      const [near, slope] = run(column(-2.9999998, 2.9999998))
      expectNear(near, [-3, 3])
      expectNear(slope, [0, 0], { tolerance: 1e-3 })
    }
  })
  it("values rise and slopes meet at every knot of an uneven spline", () => {
    const spline = builtFrom(rationalQuadraticSpline(), 1, uneven(1.5))
    const x = Array.from({ length: 6001 }, (_, i) => -3 + i / 1000)
    const [y, logDet] = spline.forwardAndLogDet(column(...x)).map(read) as [number[], number[]]
    for (let i = 1; i < x.length; i++) {
      const rise = (y[i]! - y[i - 1]!) / (x[i]! - x[i - 1]!)
      const [low, high] = [logDet[i - 1]!, logDet[i]!].toSorted((a, b) => a - b) as [number, number]
      // Between two near points the rise is a slope between theirs, to what differences of float32 hold.
      expect(rise).toBeGreaterThan(0.97 * Math.exp(low) - 1e-3)
      expect(rise).toBeLessThan(1.03 * Math.exp(high) + 1e-3)
    }
  })
  it("huge parameters: everything finite, within the documented bounds, and increasing", () => {
    for (const [seed, scale] of [
      [1, 1e2],
      [2, 1e4],
      [3, 1e30],
    ] as const) {
      const transformer = rationalQuadraticSpline()
      const spline = builtFrom(transformer, 40, uneven(scale, seed))
      const x = tf.tensor(
        Float32Array.from({ length: 121 * 40 }, (_, i) => -3 + Math.floor(i / 40) / 20),
        [121, 40],
      )
      for (const run of [spline.forwardAndLogDet, spline.inverseAndLogDet]) {
        const [y, logDet] = run(x)
        expect(read(logDet).every((value) => Math.abs(value) < 30)).toBe(true)
        expect(read(tf.lessEqual(tf.abs(y), 3 + 1e-6)).every((inside) => inside === 1)).toBe(true)
        const rises = tf.sub(tf.slice(y, [1, 0]), tf.slice(y, [0, 0], [120, 40]))
        // Where it is flat, rounding may tip it.
        expect(read(tf.min(rises))[0]).toBeGreaterThan(-1e-6)
      }
    }
  })
  it("gradients at knots, at ±B and in the tails are finite and are the slopes", () => {
    const transformer = rationalQuadraticSpline({ bound: 4 })
    const raw = (name: string, size: number): ArrayLike<number> =>
      name === "slopes" ? uneven(1)(name, size) : zero(name, size)
    const spline = builtFrom(transformer, 1, raw)
    const x = column(-1e4, -4, -3, -1, -0.5, 0, 0.5, 2, 3, 4, 1e4)
    for (const run of [spline.forwardAndLogDet, spline.inverseAndLogDet]) {
      const slope = tf.grad((at: tf.Tensor) => tf.sum(run(at)[0]))(x)
      expectNear(slope, read(tf.exp(run(x)[1])), { tolerance: 2e-5 })
      const bend = tf.grad((at: tf.Tensor) => tf.sum(run(at)[1]))(x)
      expect(read(bend).every(Number.isFinite)).toBe(true)
    }
    const tails = column(-1e4, -4, 4, 7)
    const gradients = tf.grads((widths: tf.Tensor, heights: tf.Tensor, slopes: tf.Tensor) => {
      const built = transformer.build({ widths, heights, slopes })
      const [y, logDet] = built.forwardAndLogDet(tails)
      const [z, back] = built.inverseAndLogDet(tails)
      return tf.sum(tf.addN([y, logDet, z, back]))
    })([tf.zeros([8, 1]), tf.zeros([8, 1]), tf.zeros([7, 1])])
    for (const gradient of gradients) {
      expect(read(gradient).every((value) => Math.abs(value) === 0)).toBe(true)
    }
  })
  it("a batch of parameters: every row has its own spline", () => {
    const transformer = rationalQuadraticSpline({ bins: 4 })
    const raw = Object.fromEntries(
      Object.entries(transformer.parameters).map(([name, [bins]]) => [
        name,
        tf.tensor(uneven(1)(name, 5 * bins! * 2), [5, bins!, 2]),
      ]),
    )
    const x = tf.tensor(uneven(1.5)("x", 10), [5, 2])
    const [y, logDet] = transformer.build(raw).forwardAndLogDet(x)
    for (let row = 0; row < 5; row++) {
      const of = (t: tf.Tensor): tf.Tensor => tf.squeeze(tf.slice(t, [row], [1]), [0])
      const alone = transformer.build(
        Object.fromEntries(Object.entries(raw).map(([name, t]) => [name, of(t)])),
      )
      const [one, own] = alone.forwardAndLogDet(of(x))
      expect(read(of(y))).toEqual(read(one))
      expect(read(of(logDet))).toEqual(read(own))
    }
  })
})

onEachEngine("affine transformer", () => {
  it("shifts, and scales within its bounds", () => {
    const raw = { shift: tf.tensor1d([1, -2, 0]), logScale: tf.tensor1d([0.5, 1e4, -1e4]) }
    const bijector = affineTransformer({ maxLogScale: 2 }).build(raw)
    const logScale = [2 * Math.tanh(0.25), 2, -2]
    const [y, logDet] = bijector.forwardAndLogDet(tf.ones([3]))
    expectNear(y, [Math.exp(logScale[0]!) + 1, Math.exp(2) - 2, Math.exp(-2)])
    expectNear(logDet, logScale)
    const [x, back] = bijector.inverseAndLogDet(y)
    expectNear(x, [1, 1, 1])
    expectNear(
      back,
      logScale.map((value) => -value),
    )
  })
})

onEachEngine("sinh-arcsinh against NumPy, derivatives by complex steps", () => {
  for (const { skewness, logTailweight, forward } of standard.sinhArcsinh) {
    it(`skewness ${skewness}, logTailweight ${logTailweight}`, () => {
      const bijector = sinhArcsinh().build({
        skewness: tf.scalar(skewness),
        logTailweight: tf.scalar(logTailweight),
      })
      const [y, logDet] = bijector.forwardAndLogDet(tf.tensor1d(forward.in))
      // Rounding of t moves sinh t by cosh t ≈ |sinh t| times as much, and t is up to 40.
      expectNear(y, forward.out, { tolerance: 2e-5 })
      expectNear(logDet, forward.logDet, { tolerance: 1e-5 })
      const [x, back] = bijector.inverseAndLogDet(tf.tensor1d(forward.out))
      expectNear(x, forward.in, { tolerance: 2e-5 })
      expectNear(
        back,
        forward.logDet.map((value) => -value),
        { tolerance: 1e-5 },
      )
    })
  }
})

describe("refusals", () => {
  it("options out of range", () => {
    expect(() => rationalQuadraticSpline({ bins: 1 })).toThrow("2 to 500 bins, got 1")
    expect(() => rationalQuadraticSpline({ bins: 2.5 })).toThrow("got 2.5")
    expect(() => rationalQuadraticSpline({ bins: 501 })).toThrow("got 501")
    expect(() => rationalQuadraticSpline({ bound: 0 })).toThrow("positive bound, got 0")
    expect(() => rationalQuadraticSpline({ bound: Infinity })).toThrow("got Infinity")
    expect(() => affineTransformer({ maxLogScale: -1 })).toThrow("positive maxLogScale, got -1")
    expect(() => sinhArcsinh({ maxSkewness: 0 })).toThrow("positive maxSkewness, got 0")
    expect(() => sinhArcsinh({ maxLogTailweight: 0 })).toThrow("positive maxLogTailweight, got 0")
  })
})

onEachEngine("500 bins", () => {
  it("still rise from −B to B", () => {
    const recipe = elementwise(rationalQuadraticSpline({ bins: 500 }), [])
    const x = tf.linspace(-3, 3, 61)
    expectNear(instantiate(recipe, recipe.init(makeKey(0))).forward(x), read(x), {
      tolerance: 1e-4,
    })
  })
})
