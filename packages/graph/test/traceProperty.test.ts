import type { TensorFunction } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import * as fc from "fast-check"
import { describe, it } from "vitest"
import { expectAgreement, gradientsOf, spread } from "./agree.ts"

type T = tf.Tensor

/** Steps that take and give `[n, d]` tensors of moderate size, and are continuous: float32 and float64 stay close. */
const unary: ReadonlyArray<readonly [string, (x: T) => T]> = [
  ["tanh", tf.tanh],
  ["sigmoid", tf.sigmoid],
  ["softplus", (x) => tf.softplus(x)],
  ["sin", tf.sin],
  ["atan", tf.atan],
  ["erf", tf.erf],
  ["exp of tanh", (x) => tf.exp(tf.tanh(x))],
  ["log of softplus", (x) => tf.log(tf.add(tf.softplus(x), 0.5))],
  ["rsqrt", (x) => tf.rsqrt(tf.add(tf.square(tf.tanh(x)), 0.5))],
  ["relu", tf.relu],
  ["elu", tf.elu],
  ["leaky relu", (x) => tf.leakyRelu(x, 0.1)],
  ["clip", (x) => tf.clipByValue(x, -0.7, 0.9)],
  ["square", (x) => tf.square(tf.tanh(x))],
  ["power", (x) => tf.pow(tf.add(tf.sigmoid(x), 0.5), 1.7)],
  ["softmax", (x) => tf.softmax(x)],
  ["log softmax", (x) => tf.tanh(tf.logSoftmax(x))],
  [
    "normalised",
    (x) =>
      tf.div(
        tf.sub(x, tf.mean(x, 0)),
        tf.sqrt(tf.add(tf.mean(tf.square(tf.sub(x, tf.mean(x, 0))), 0), 0.5)),
      ),
  ],
  ["spread rows", (x) => tf.sub(x, tf.mean(x, 1, true))],
  ["largest", (x) => tf.add(x, tf.max(x, 1, true))],
  ["log-sum-exp", (x) => tf.sub(x, tf.logSumExp(x, 1, true))],
  ["reversed", (x) => tf.reverse(x, 1)],
  ["cumulative", (x) => tf.tanh(tf.cumsum(x, 1, false, true))],
  ["rolled", (x) => tf.concat([tf.slice(x, [0, 1], [-1, -1]), tf.slice(x, [0, 0], [-1, 1])], 1)],
  [
    "padded",
    (x) =>
      tf.slice(
        tf.pad(
          x,
          [
            [0, 0],
            [1, 0],
          ],
          0.25,
        ),
        [0, 0],
        x.shape,
      ),
  ],
  [
    "through a stack",
    (x) =>
      tf.stack(
        tf.unstack(x, 1).map((column, i) => tf.mul(column, 0.5 + 0.25 * i)),
        1,
      ),
  ],
  ["through a split", (x) => tf.concat(tf.split(x, [1, x.shape[1]! - 1], 1).toReversed(), 1)],
  ["tiled", (x) => tf.mean(tf.reshape(tf.tile(x, [1, 2]), [-1, 2, x.shape[1]!]), 1)],
  ["turned", (x) => tf.transpose(tf.mul(tf.transpose(x), 0.9))],
  [
    "gathered",
    (x) =>
      tf.gather(
        x,
        tf.tensor1d(
          Array.from({ length: x.shape[1]! }, (_, i) => (i * 2) % x.shape[1]!),
          "int32",
        ),
        1,
      ),
  ],
  ["times a matrix", (x) => tf.tanh(tf.matMul(x as tf.Tensor2D, matrix(x.shape[1]!)))],
  [
    "times a matrix turned",
    (x) => tf.tanh(tf.matMul(x as tf.Tensor2D, matrix(x.shape[1]!), false, true)),
  ],
  [
    "rank three",
    (x) =>
      tf.sum(tf.mul(tf.reshape(x, [-1, 1, x.shape[1]!]), tf.tensor3d([0.5, 0.25], [1, 2, 1])), 1),
  ],
  [
    "custom gradient",
    (x) =>
      tf.customGrad((t) => ({ value: tf.mul(t as T, 0.5), gradFunc: (dy) => tf.mul(dy, 0.5) }))(x),
  ],
]

const matrix = (d: number): tf.Tensor2D =>
  tf.tensor2d(
    Array.from({ length: d * d }, (_, i) => Math.sin(1 + i)),
    [d, d],
  )

const binary: ReadonlyArray<readonly [string, (a: T, b: T) => T]> = [
  ["add", tf.add],
  ["sub", tf.sub],
  ["mul", (a, b) => tf.mul(tf.tanh(a), b)],
  ["div", (a, b) => tf.div(a, tf.add(tf.square(b), 0.5))],
  ["maximum", tf.maximum],
  ["minimum", tf.minimum],
  ["where", (a, b) => tf.where(tf.greater(a, b), a, tf.add(tf.mul(0.5, a), tf.mul(0.5, b)))],
  ["squared difference", (a, b) => tf.squaredDifference(tf.tanh(a), tf.tanh(b))],
  ["add the column", (a, b) => tf.add(a, tf.slice(b, [0, 0], [-1, 1]))],
  ["add the mean row", (a, b) => tf.add(a, tf.mean(b, 0))],
  ["scaled", (a, b) => tf.mul(a, tf.reciprocal(tf.add(tf.mean(tf.square(b)), 1)))],
  ["concatenated", (a, b) => tf.slice(tf.concat([a, b], 1), [0, 1], a.shape)],
  ["outer", (a, b) => tf.mean(tf.mul(tf.expandDims(a, 2), tf.tanh(tf.expandDims(b, 1))), 2)],
  ["sum", (a, b) => tf.addN([a, b, a])],
]

type Step =
  | { readonly kind: "unary"; readonly op: number; readonly x: number }
  | { readonly kind: "binary"; readonly op: number; readonly x: number; readonly y: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("unary" as const), op: fc.nat(unary.length - 1), x: fc.nat() }),
  fc.record({
    kind: fc.constant("binary" as const),
    op: fc.nat(binary.length - 1),
    x: fc.nat(),
    y: fc.nat(),
  }),
)

/** The program as a function: each step reads earlier results; the last two come out. */
const programOf =
  (steps: ReadonlyArray<Step>): TensorFunction =>
  (inputs) => {
    const made: Array<T> = [...inputs]
    // Recent results first, so that programs are deep.
    const pick = (i: number): T => made[made.length - 1 - (i % made.length)]!
    for (const s of steps) {
      made.push(
        s.kind === "unary" ? unary[s.op]![1](pick(s.x)) : binary[s.op]![1](pick(s.x), pick(s.y)),
      )
    }
    return made.slice(-2)
  }

const label = (steps: ReadonlyArray<Step>): string =>
  steps.map((s) => (s.kind === "unary" ? unary : binary)[s.op]![0]).join(", ")

describe("random functions", () => {
  const program = fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 8 }),
    n: fc.integer({ min: 1, max: 5 }),
    d: fc.integer({ min: 2, max: 4 }),
  })

  it("in float64 agree with the cpu engine in float32, for any batch", () => {
    fc.assert(
      fc.property(program, fc.boolean(), ({ steps, n, d }, dynamic) => {
        const inputs = [spread([n, d], -1.5, 1.5, 1), spread([n, d], -1, 2, 2)]
        expectAgreement(programOf(steps), inputs, { dynamic, tolerance: 1e-4, what: label(steps) })
      }),
      { numRuns: 200, seed: 7 },
    )
  })

  it("so do their gradients", () => {
    fc.assert(
      fc.property(program, fc.boolean(), ({ steps, n, d }, dynamic) => {
        const inputs = [spread([n, d], -1.5, 1.5, 1), spread([n, d], -1, 2, 2)]
        // Both inputs take part, or TensorFlow.js has no gradient to give.
        const f: TensorFunction = ([a, b]) => [...programOf(steps)([a!, b!]), tf.mul(a!, b!)]
        expectAgreement(gradientsOf(f, inputs), inputs, {
          dynamic,
          tolerance: 2e-3,
          what: label(steps),
        })
      }),
      { numRuns: 150, seed: 11 },
    )
  })
})
