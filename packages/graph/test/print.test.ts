import { print, trace } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { expect, it } from "vitest"

it("writes one line for each node, and counts them", () => {
  const graph = trace(
    ([x, w]) => {
      const h = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true)
      const kept = tf.slice(tf.mul(h, tf.tensor1d([0.1, 2, 3, -4])), [0, 1], [-1, 2])
      return [
        tf.pad(
          kept,
          [
            [0, 0],
            [1, 0],
          ],
          0.5,
        ),
        tf.sum(h, 1, true),
        tf.cast(tf.reverse(tf.tile(h, [2, 1]), 1), "bool"),
      ]
    },
    [
      { shape: [null, 3], dtype: "float32" },
      { shape: [4, 3], dtype: "float32" },
    ],
    { names: ["x", "weights"] },
  )
  expect(print(graph)).toBe(
    [
      "%0 = Input x : float32 [n, 3]",
      "%1 = Input weights : float32 [4, 3]",
      "%2 = MatMul(%0, %1) transposeB : float32 [n, 4]",
      "%3 = Constant {0.1 2 3 -4} : float32 [4]",
      "%4 = Mul(%2, %3) : float32 [n, 4]",
      "%5 = Slice(%4) begin=[0, 1] : float32 [n, 2]",
      "%6 = Pad(%5) before=[0, 1] after=[0, 0] value=0.5 : float32 [n, 3]",
      "%7 = ReduceSum(%2) axes=[1] keepDims : float32 [n, 1]",
      "%8 = Tile(%2) repeats=[2, 1] : float32 [2n, 4]",
      "%9 = Slice(%8) begin=[0, 3] strides=[1, -1] : float32 [2n, 4]",
      "%10 = Cast(%9) : bool [2n, 4]",
      "return %6, %7, %10",
      "11 nodes: 2 Input, 2 Slice, 1 Cast, 1 Constant, 1 MatMul, 1 Mul, 1 Pad, 1 ReduceSum, 1 Tile",
    ].join("\n"),
  )
})

it("abbreviates constants", () => {
  const graph = trace(
    () => [tf.tensor1d(Array.from({ length: 20 }, (_, i) => i)), tf.onesLike(tf.zeros([2, 2]))],
    [],
  )
  expect(print(graph).split("\n").slice(0, 2)).toEqual([
    "%0 = Constant {0 1 2 3 4 5 6 7 …} : float32 [20]",
    "%1 = Constant 1 : float32 [2, 2]",
  ])
})
