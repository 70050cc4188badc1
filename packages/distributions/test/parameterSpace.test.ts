import { cpu } from "@pushforward/backend-cpu"
import { softplus, scaleTril } from "@pushforward/bijectors"
import { Backend, chain, constraints } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import { parameterSpace } from "../src/index.ts"

beforeAll(() => Effect.runPromise(Effect.asVoid(Effect.provide(Backend, cpu))))

const space = parameterSpace({
  mu: constraints.real,
  scales: { constraint: constraints.positive, shape: [2, 2] },
  p: constraints.interval(-2, 1),
  matrix: { constraint: constraints.lowerTriangular, shape: [2, 2, 2] },
  soft: { constraint: constraints.positive, bijector: softplus() },
})

describe("parameterSpace", () => {
  it("counts free numbers and parameters apart", () => {
    // Two lower triangular 2 × 2 matrices: 3 free numbers each, 4 parameters.
    expect([space.freeSize, space.size]).toEqual([1 + 4 + 1 + 6 + 1, 1 + 4 + 1 + 8 + 1])
    expect(space.shapes).toEqual({ mu: [], scales: [2, 2], p: [], matrix: [2, 2, 2], soft: [] })
  })

  it("lays the parameters out in the order declared, each in its constraint", () => {
    tf.tidy(() => {
      const free = tf.randomNormal([3, space.freeSize], 0, 1, "float32", 5)
      const values = space.split(space.bijector.forward(free))
      const shapes = Object.values(values).map(({ shape }) => shape)
      expect(shapes).toEqual([[3], [3, 2, 2], [3], [3, 2, 2, 2], [3]])
      const column = (from: number, size: number) => tf.slice(free, [0, from], [3, size])
      const same = (a: tf.Tensor, b: tf.Tensor) =>
        [...a.dataSync()].forEach((v, i) => expect(v).toBeCloseTo(b.dataSync()[i]!, 5))
      same(values.mu, column(0, 1))
      same(values.scales, tf.exp(column(1, 4)))
      same(values.p, tf.sub(tf.mul(3, tf.sigmoid(column(5, 1))), 2))
      same(values.soft, tf.softplus(column(12, 1)))
      expect(constraints.lowerTriangular.contains(values.matrix).dataSync().every(Boolean)).toBe(
        true,
      )
      const inside = space.bijector.codomain.contains(space.bijector.forward(free))
      expect([...inside.dataSync()]).toEqual([1, 1, 1])
    })
  })

  it("comes back, with the sum of the log-dets", () => {
    tf.tidy(() => {
      const free = tf.randomNormal([4, space.freeSize], 0, 1, "float32", 6)
      const [values, logDet] = space.bijector.forwardAndLogDet(free)
      const [back, backLogDet] = space.bijector.inverseAndLogDet(values)
      expect(tf.max(tf.abs(tf.sub(back, free))).dataSync()[0]).toBeLessThan(1e-4)
      expect(tf.max(tf.abs(tf.add(logDet, backLogDet))).dataSync()[0]).toBeLessThan(1e-4)
      // exp: the free number itself; softplus: log σ; the interval: log 3 σ(1 − σ); matrices and mu: nothing.
      const rows = free.arraySync() as Array<Array<number>>
      rows.forEach((x, i) => {
        const logSigma = (v: number): number => -Math.log1p(Math.exp(-v))
        const expected =
          x[1]! +
          x[2]! +
          x[3]! +
          x[4]! +
          Math.log(3) +
          logSigma(x[5]!) +
          logSigma(-x[5]!) +
          logSigma(x[12]!)
        expect(logDet.dataSync()[i]).toBeCloseTo(expected, 4)
      })
    })
  })

  it("refuses what has no place on a vector of free numbers, with the mend", () => {
    expect(() => parameterSpace({})).toThrow("expected at least one, got none")
    expect(() => parameterSpace({ m: constraints.lowerTriangular })).toThrow(
      "parameter m: fill-triangular gives events of rank 2, but the shape is []",
    )
    expect(() => parameterSpace({ n: constraints.integer })).toThrow("got integer")
    const log = { ...scaleTril({ scaleTril: [[1]] }), domain: constraints.positive, name: "odd" }
    expect(() =>
      parameterSpace({ a: { constraint: constraints.real, shape: [1], bijector: chain(log) } }),
    ).toThrow("parameter a: expected a bijector from real numbers, got odd")
  })
})
