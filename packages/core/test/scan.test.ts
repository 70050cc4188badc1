import "@tensorflow/tfjs-backend-cpu"
import { scan, ShapeError } from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import * as tf from "@tensorflow/tfjs-core"
import { beforeAll, describe, expect, it } from "vitest"

type T = tf.Tensor

beforeAll(async () => {
  registerGradients()
  await tf.setBackend("cpu")
})

/** `cᵢ₊₁ = tanh(w cᵢ + xᵢ)`, with the carried state as the output. */
const recurrent = (w: T, start: T, x: T): T =>
  scan(
    ([state], [row]) => {
      const next = tf.tanh(tf.add(tf.mul(w, state!), row!))
      return { carry: [next], output: next }
    },
    [start],
    [x],
  )

describe("scan", () => {
  it("carries tensors from step to step, and stacks what the steps give", () => {
    tf.tidy(() => {
      const [a, b] = [tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor1d([1, 2, 3], "int32")]
      const result = scan(
        ([sum, count], [row, k]) => {
          const next = tf.add(sum!, tf.mul(row!, tf.cast(k!, "float32")))
          return {
            carry: [next, tf.add(count!, tf.scalar(1, "int32"))],
            output: tf.concat([next, tf.cast(tf.reshape(count!, [1]), "float32")]),
          }
        },
        [tf.zeros([2]), tf.scalar(5, "int32")],
        [a, b],
      )
      expect(result.arraySync()).toEqual([
        [1, 2, 5],
        [7, 10, 6],
        [22, 28, 7],
      ])
    })
  })

  it("nothing may be carried, and a tensor may be given back, twice, or come from around", () => {
    tf.tidy(() => {
      const outside = tf.scalar(7)
      const x = tf.tensor1d([1, 2])
      expect(
        scan((_, [row]) => ({ carry: [], output: tf.neg(row!) }), [], [x]).arraySync(),
      ).toEqual([-1, -2])
      const result = scan(
        ([a, b], [row]) => ({ carry: [b!, outside], output: tf.stack([a!, b!, row!]) }),
        [tf.scalar(1), outside],
        [x],
      )
      expect(result.arraySync()).toEqual([
        [1, 7, 1],
        [7, 7, 2],
      ])
      const same = scan((_, [row]) => ({ carry: [], output: row! }), [], [x])
      expect(same.arraySync()).toEqual([1, 2])
      expect([outside.isDisposed, x.isDisposed]).toEqual([false, false])
    })
  })

  it("holds one step's tensors at a time, and leaves its result alone", () => {
    const [start, w] = [tf.scalar(0.1), tf.scalar(0.5)]
    const x = tf.linspace(-1, 1, 300)
    let most = 0
    const before = tf.memory().numTensors
    const result = scan(
      ([state], [row]) => {
        let next = tf.add(tf.mul(w, state!), row!)
        for (let i = 0; i < 20; i++) next = tf.sin(next)
        most = Math.max(most, tf.memory().numTensors - before)
        return { carry: [next], output: tf.neg(next) }
      },
      [start],
      [x],
    )
    expect(tf.memory().numTensors - before).toBe(1)
    // The rows and the outputs, one each step, and the tensors of one step.
    expect(most).toBeLessThan(300 + 300 + 30)
    tf.dispose([start, w, x, result])
    expect(tf.memory().numTensors).toBe(before - 3)
  })

  it("leaves nothing when a step throws", () => {
    const x = tf.tensor1d([1, 2])
    const before = tf.memory().numTensors
    const failing = () =>
      scan(
        ([a], [row]) => {
          const sum = tf.add(a!, row!)
          if (sum.dataSync()[0]! > 2) throw new Error("enough")
          return { carry: [sum], output: sum }
        },
        [tf.scalar(1)],
        [x],
      )
    expect(() => tf.tidy(failing)).toThrow("enough")
    expect(tf.memory().numTensors).toBe(before)
    x.dispose()
  })

  it("its gradient is the loop's, also in what the step takes from around, to second order", () => {
    const x = tf.tensor2d([0.3, -0.2, 0.5, 0.1, 0.7, -0.9], [3, 2])
    const [w, start] = [tf.tensor1d([0.6, -0.4]), tf.tensor1d([0.1, 0.2])]
    const unrolled = (w_: T, start_: T, x_: T): T => {
      let state = start_
      return tf.stack(
        tf.unstack(x_).map((row) => (state = tf.tanh(tf.add(tf.mul(w_, state), row)))),
      )
    }
    const before = tf.memory().numTensors
    const gradients = (f: typeof recurrent): ReadonlyArray<ReadonlyArray<number>> =>
      tf.tidy(() => {
        const loss = (...args: Array<T>): T => tf.sum(tf.square(f(args[0]!, args[1]!, args[2]!)))
        const twice = (...args: Array<T>): T =>
          tf.sum(tf.square(tf.grad((v) => loss(v, args[1]!, args[2]!))(args[0]!)))
        return [...tf.grads(loss)([w, start, x]), ...tf.grads(twice)([w, start, x])].map((t) =>
          Array.from(t.dataSync()),
        )
      })
    const [got, expected] = [gradients(recurrent), gradients(unrolled)]
    expect(got).toHaveLength(6)
    got.forEach((values, i) =>
      values.forEach((value, k) => expect(value).toBeCloseTo(expected[i]![k]!, 6)),
    )
    expect(expected.every((values) => values.some((value) => Math.abs(value) > 1e-3))).toBe(true)
    expect(tf.memory().numTensors).toBe(before)
    tf.dispose([x, w, start])
  })

  it("refuses slices without steps, or of different lengths, and a carry that changes", () => {
    tf.tidy(() => {
      const keep = (carry: ReadonlyArray<T>) => ({ carry, output: tf.scalar(1) })
      expect(() => scan(keep, [], [])).toThrow(ShapeError)
      expect(() => scan(keep, [], [tf.scalar(1)])).toThrow("got []. Pass one or more")
      expect(() => scan(keep, [], [tf.zeros([0, 2])])).toThrow("got [0, 2]")
      expect(() => scan(keep, [], [tf.zeros([2]), tf.zeros([3])])).toThrow("got [2] and [3]")
      const x = tf.zeros([2])
      expect(() => scan(() => keep([tf.zeros([3])]), [x], [x])).toThrow(
        "expected the step to carry float32 [2] on, got float32 [3]",
      )
      expect(() => scan(() => keep([tf.zeros([2], "int32")]), [x], [x])).toThrow("got int32 [2]")
      expect(() => scan(() => keep([]), [x], [x])).toThrow("got nothing")
    })
  })
})
