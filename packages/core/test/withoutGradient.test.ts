import "@tensorflow/tfjs-backend-cpu"
import { registerGradients } from "@pushforward/core/gradients"
import * as tf from "@tensorflow/tfjs-core"
import { expect, it } from "vitest"
import { scan, withoutGradient } from "../src/index.ts"

registerGradients()

const x = (): tf.Tensor => tf.tensor1d([1, 2, 3])

it("has the value of the function", () => {
  tf.tidy(() => {
    expect(withoutGradient(x(), tf.square).arraySync()).toEqual([1, 4, 9])
  })
})

it("stops gradients to its tensor, and to those that the function uses", () => {
  tf.tidy(() => {
    const weight = tf.tensor1d([2, 4, 6])
    const loss = (a: tf.Tensor, w: tf.Tensor): tf.Tensor =>
      tf.sum(
        tf.mul(
          tf.add(a, w),
          withoutGradient(a, (b) => tf.mul(b, w)),
        ),
      )
    const [byX, byWeight] = tf.grads(loss)([x(), weight])
    // Of (a + w) c with a constant c = a w.
    expect(byX!.arraySync()).toEqual([2, 8, 18])
    expect(byWeight!.arraySync()).toEqual([2, 8, 18])
  })
})

it("gives nothing at all where there is no other way", () => {
  tf.tidy(() => {
    const slope = tf.grad((a) => tf.sum(withoutGradient(a, (b) => tf.sum(b))))(x())
    expect(slope.arraySync()).toEqual([0, 0, 0])
  })
})

it("runs its function once, gradient or not", () => {
  tf.tidy(() => {
    let calls = 0
    const running = (a: tf.Tensor): tf.Tensor => {
      calls++
      return scan(
        ([sum], [row]) => {
          const next = tf.add(sum!, row!)
          return { carry: [next], output: next }
        },
        [tf.scalar(0)],
        [a],
      )
    }
    const slope = tf.grad((a) => tf.sum(tf.mul(a, withoutGradient(a, running))))(x())
    expect(slope.arraySync()).toEqual([1, 3, 6])
    expect(calls).toBe(1)
  })
})
