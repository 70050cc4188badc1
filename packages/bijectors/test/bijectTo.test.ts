import { cpu } from "@pushforward/backend-cpu"
import { Backend, type Constraint, constraints, makeKey } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import { bijectTo, softplus } from "../src/index.ts"

beforeAll(() => Effect.runPromise(Effect.asVoid(Effect.provide(Backend, cpu))))

const lessThan = (b: number): Constraint => ({
  ...constraints.real,
  name: `lessThan(${b})`,
  bounds: { ...constraints.real.bounds, high: b },
  contains: (x) => tf.less(x, b),
  draw: (key, shape) => constraints.positive.draw(key, shape).map((x) => b - x),
})

describe("bijectTo", () => {
  it.each([
    constraints.real,
    constraints.positive,
    constraints.nonNegative,
    constraints.greaterThan(-3),
    constraints.greaterThan(1),
    lessThan(2),
    constraints.unitInterval,
    constraints.interval(-1, 4),
  ])("is onto $name, and there and back again", (constraint) => {
    tf.tidy(() => {
      const bijector = bijectTo(constraint)
      const free = tf.tensor1d([-3, -0.5, 0, 1, 3])
      const there = bijector.forward(free)
      expect(constraint.contains(there).dataSync().every(Boolean)).toBe(true)
      const back = bijector.inverse(there).dataSync()
      back.forEach((x, i) => expect(x).toBeCloseTo(free.dataSync()[i]!, 4))
      // Whatever a constraint holds has a preimage.
      const drawn = tf.tensor1d(constraint.draw(makeKey(1), [20]))
      expect(tf.all(tf.isFinite(bijector.inverse(drawn))).dataSync()[0]).toBe(1)
      if (constraint !== constraints.real) expect(bijector.codomain.name).toMatch(/./)
    })
  })

  it("has the ends where the constraint has them, and the slope that it says", () => {
    tf.tidy(() => {
      const [y, logDet] = bijectTo(constraints.interval(-1, 4)).forwardAndLogDet(tf.scalar(0.3))
      const sigma = 1 / (1 + Math.exp(-0.3))
      expect(y.dataSync()[0]).toBeCloseTo(5 * sigma - 1, 5)
      expect(logDet.dataSync()[0]).toBeCloseTo(Math.log(5 * sigma * (1 - sigma)), 5)
      const [below, slope] = bijectTo(lessThan(2)).forwardAndLogDet(tf.scalar(0.7))
      expect(below.dataSync()[0]).toBeCloseTo(2 - Math.exp(0.7), 5)
      expect(slope.dataSync()[0]).toBeCloseTo(0.7, 5)
    })
  })

  it("finds bijectors of whole events by their codomain", () => {
    expect(bijectTo(constraints.lowerTriangular).name).toBe("fill-triangular")
    expect(
      bijectTo(constraints.boolean, [{ ...softplus(), codomain: constraints.boolean }]).name,
    ).toBe("softplus")
  })

  it("refuses a constraint without a known bijector, with the mend", () => {
    expect(() => bijectTo(constraints.integer)).toThrow(
      "expected a constraint that a known bijector maps onto, got integer",
    )
  })
})
