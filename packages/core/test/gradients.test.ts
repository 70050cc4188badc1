import "@tensorflow/tfjs-backend-cpu"
import { registerGradients } from "@pushforward/core/gradients"
import * as tf from "@tensorflow/tfjs-core"
import { beforeAll, describe, expect, it } from "vitest"

beforeAll(() => {
  registerGradients()
  // Twice is once.
  registerGradients()
})

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

const points = [-3, -1.2, -0.1, 0.3, 1, 2.5]

const at = (f: (x: tf.Tensor) => tf.Tensor): ReadonlyArray<number> =>
  Array.from(f(tf.tensor1d(points)).dataSync())

const near = (got: ReadonlyArray<number>, expected: ReadonlyArray<number>): void =>
  got.forEach((v, i) =>
    expect(Math.abs(v - expected[i]!)).toBeLessThan(2e-5 * Math.max(1, Math.abs(expected[i]!))),
  )

type Case = readonly [
  name: string,
  f: (x: tf.Tensor) => tf.Tensor,
  first: (x: number) => number,
  second: (x: number) => number,
]

const elementwise: ReadonlyArray<Case> = [
  ["exp", tf.exp, Math.exp, Math.exp],
  [
    "tanh",
    tf.tanh,
    (x) => 1 - Math.tanh(x) ** 2,
    (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2),
  ],
  [
    "sigmoid",
    tf.sigmoid,
    (x) => sigmoid(x) * sigmoid(-x),
    (x) => sigmoid(x) * sigmoid(-x) * (1 - 2 * sigmoid(x)),
  ],
  ["elu", tf.elu, (x) => (x > 0 ? 1 : Math.exp(x)), (x) => (x > 0 ? 0 : Math.exp(x))],
  ["softplus", tf.softplus, sigmoid, (x) => sigmoid(x) * sigmoid(-x)],
  [
    "square where positive",
    (x) => tf.where(tf.greater(x, 0), tf.square(x), tf.zerosLike(x)),
    (x) => (x > 0 ? 2 * x : 0),
    (x) => (x > 0 ? 2 : 0),
  ],
]

describe.each(elementwise)("%s", (_, f, first, second) => {
  const sum = (x: tf.Tensor): tf.Scalar => tf.sum(f(x))
  it("has its derivative", () => near(at(tf.grad(sum)), points.map(first)))
  it("has its second derivative", () =>
    near(at(tf.grad((x: tf.Tensor) => tf.sum(tf.grad(sum)(x)))), points.map(second)))
})

/** `p` of `softmax`, on the host. */
const softmax = (x: ReadonlyArray<number>): ReadonlyArray<number> => {
  const e = x.map(Math.exp)
  const total = e.reduce((a, b) => a + b, 0)
  return e.map((v) => v / total)
}

const logits = [0.3, -1.2, 2, 0.1]
const weights = [1, -2, 0.5, 3]
const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  a.reduce((s, v, i) => s + v * b[i]!, 0)

/** The gradient of `Σ w·f(x)`, and that of half its squared length. */
const twice = (
  f: (x: tf.Tensor) => tf.Tensor,
): readonly [ReadonlyArray<number>, ReadonlyArray<number>] => {
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.tensor1d(weights), f(x))))
  const second = tf.grad((x: tf.Tensor) => tf.mul(0.5, tf.sum(tf.square(gradient(x)))))
  const x = tf.tensor1d(logits)
  return [Array.from(gradient(x).dataSync()), Array.from(second(x).dataSync())]
}

describe("softmax and its logarithm", () => {
  const p = softmax(logits)

  it("softmax: g = p (w − p·w), and its derivative", () => {
    const mean = dot(p, weights)
    const g = p.map((pi, i) => pi * (weights[i]! - mean))
    // ∂gᵢ/∂xⱼ = pᵢ δᵢⱼ (wᵢ − m) − pᵢ pⱼ (wᵢ − m) − pᵢ gⱼ
    const second = p.map((pj, j) =>
      p.reduce((s, pi, i) => s + g[i]! * ((i === j ? g[i]! : 0) - pj * g[i]! - pi * g[j]!), 0),
    )
    const [first, half] = twice((x) => tf.softmax(x))
    near(first, g)
    near(half, second)
  })

  // tf.logSoftmax carries a gradient of its own, written on its output, that no registration reaches.
  it("log-softmax, written as x − logSumExp(x): g = w − p Σw, and its derivative", () => {
    const total = weights.reduce((a, b) => a + b, 0)
    const g = p.map((pi, i) => weights[i]! - pi * total)
    const second = p.map((pj, j) =>
      p.reduce((s, pi, i) => s - g[i]! * total * pi * ((i === j ? 1 : 0) - pj), 0),
    )
    const [first, half] = twice((x) => tf.sub(x, tf.logSumExp(x)))
    near(first, g)
    near(half, second)
  })

  it("the maximum: one at the largest, and nothing more", () => {
    const cubed = tf.grad((x: tf.Tensor) => tf.sum(tf.pow(tf.max(x, 0), 3)))
    const x = tf.tensor1d(logits)
    near(Array.from(cubed(x).dataSync()), [0, 0, 12, 0])
    near(
      Array.from(
        tf
          .grad((t: tf.Tensor) => tf.sum(cubed(t)))(x)
          .dataSync(),
      ),
      [0, 0, 12, 0],
    )
  })

  it("log-sum-exp twice, through its maximum", () => {
    const gradient = tf.grad((x: tf.Tensor) => tf.logSumExp(x))
    const second = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.tensor1d(weights), gradient(x))))
    const mean = dot(p, weights)
    near(
      Array.from(second(tf.tensor1d(logits)).dataSync()),
      p.map((pi, i) => pi * (weights[i]! - mean)),
    )
  })
})

describe("matrix products", () => {
  const a = tf.tensor2d([1, -2, 3, 0.5, 4, -1], [2, 3])
  const b = tf.tensor2d([2, 1, -1, 3, 0, 1, 1, -2, 5, 1, 2, 3], [3, 4])
  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])("have the gradients of plain ones when the flags are %s, %s", (flagA, flagB) => {
    const total = (x: tf.Tensor, y: tf.Tensor, tx: boolean, ty: boolean): tf.Scalar =>
      tf.sum(tf.square(tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D, tx, ty)))
    const [da, db] = tf.grads((x: tf.Tensor, y: tf.Tensor) => total(x, y, false, false))([a, b])
    const [ta, tb] = tf.grads((x: tf.Tensor, y: tf.Tensor) => total(x, y, flagA, flagB))([
      flagA ? tf.transpose(a) : a,
      flagB ? tf.transpose(b) : b,
    ])
    near(Array.from((flagA ? tf.transpose(ta!) : ta!).dataSync()), Array.from(da!.dataSync()))
    near(Array.from((flagB ? tf.transpose(tb!) : tb!).dataSync()), Array.from(db!.dataSync()))
  })
})

describe("cumulative sums", () => {
  it.each([
    [0, false, false],
    [1, true, false],
    [1, false, true],
    [2, true, true],
  ])(
    "along axis %i, exclusive %s, reverse %s: how often each element is added",
    (axis, exclusive, reverse) => {
      const shape = [2, 3, 4]
      const x = tf.reshape(tf.range(1, 25), shape)
      const factors = tf.reshape(tf.linspace(-1, 2, 24), shape)
      const gradient = tf.grad((t: tf.Tensor) =>
        tf.sum(tf.mul(factors, tf.cumsum(t, axis, exclusive, reverse))),
      )(x)
      // An element counts wherever the running sum has it.
      const expected = Array.from(factors.dataSync(), (_, i) => {
        const place = [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4]
        return Array.from({ length: shape[axis]! }, (__, k) => k)
          .filter(
            (k) =>
              (reverse ? k < place[axis]! : k > place[axis]!) || (!exclusive && k === place[axis]),
          )
          .map((k) => place.with(axis, k))
          .reduce((sum, [a, b, c]) => sum + factors.dataSync()[a! * 12 + b! * 4 + c!]!, 0)
      })
      near(Array.from(gradient.dataSync()), expected)
    },
  )
})

describe("repetitions", () => {
  it.each([
    [[3], [4]],
    [
      [2, 1, 3],
      [1, 5, 2],
    ],
    [
      [2, 3],
      [1, 1],
    ],
    [
      [1, 2, 1, 3, 1],
      [4, 1, 2, 2, 1],
    ],
  ] as const)("of %j, %j times: the sum over them, and its derivative", (shape, reps) => {
    const size = shape.reduce<number>((a, b) => a * b, 1)
    const x = tf.reshape(tf.linspace(-1, 2, size), [...shape])
    const tiled = tf.tile(x, [...reps])
    const weight = tf.reshape(tf.linspace(0.5, 3, tiled.size), tiled.shape)
    const gradient = tf.grad((t: tf.Tensor) =>
      tf.sum(tf.mul(weight, tf.square(tf.tile(t, [...reps])))),
    )
    // Which element of x each element of the result is.
    const from = Array.from(
      tf.tile(tf.reshape(tf.range(0, size), [...shape]), [...reps]).dataSync(),
    )
    const sums = Array<number>(size).fill(0)
    weight.dataSync().forEach((w, i) => (sums[from[i]!]! += 2 * w))
    const [first, second] = [gradient, tf.grad((t: tf.Tensor) => tf.sum(gradient(t)))].map((f) =>
      f(x),
    )
    expect(first!.shape).toEqual([...shape])
    near(
      Array.from(first!.dataSync()),
      Array.from(x.dataSync(), (v, i) => v * sums[i]!),
    )
    near(Array.from(second!.dataSync()), sums)
  })
})
