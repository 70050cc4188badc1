import { type Bijector, paramLeaves } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { signs } from "../internal/differences.ts"
import type { Host, Input } from "../judge/Judge.ts"
import type { BijectorCase } from "./BijectorCase.ts"
import type { Direction } from "./evaluate.ts"
import { batched, type BijectorProgram, paramsOf } from "./program.ts"

/** The weights of a direction's summary at outputs like these. */
export const weightsOf = (
  direction: Direction,
  { seed }: BijectorCase,
  out: Host,
  logDet: Host,
): ReadonlyArray<Input> => [
  batched({
    shape: out.shape,
    values: signs(seed, `weights ${direction}`, out.values.length).map(
      (v, i) => v / (1 + Math.abs(out.values[i]!)),
    ),
  }),
  batched({ shape: logDet.shape, values: signs(seed, "log-det", logDet.values.length) }),
]

/** A smooth number made of everything a direction returns, `Σ v·out + Σ w·logDet`. */
const summary = (
  direction: Direction,
  bijector: Bijector,
  [x, v, w]: ReadonlyArray<tf.Tensor>,
): tf.Tensor => {
  const [out, logDet] =
    direction === "forward" ? bijector.forwardAndLogDet(x!) : bijector.inverseAndLogDet(x!)
  return tf.add(tf.sum(tf.mul(v!, out)), tf.sum(tf.mul(w!, logDet)))
}

const each = (make: (direction: Direction) => BijectorProgram) => ({
  forward: make("forward"),
  inverse: make("inverse"),
})

/** The summary at `x` with weights `v` and `w`. */
export const totals = each((direction) => ({ build }, ...inputs) => [
  summary(direction, build(), inputs),
])

/** Its gradient by the input. */
export const inputSlopes = each((direction) => ({ build }, x, v, w) => {
  const bijector = build()
  return [
    tf.grad((at: tf.Tensor) =>
      tf.add(summary(direction, bijector, [at, v, w]), tf.mul(0, tf.sum(at))),
    )(x),
  ]
})

/** Its gradients by the trainable parameters, leaf by leaf. */
export const paramSlopes = each((direction) => ({ build, leaves, subject }, ...inputs) => {
  const trained = trainableLeaves(subject)
  return tf.grads((...moved: Array<tf.Tensor>) => {
    const all = leaves.map((leaf, i) => moved[trained.indexOf(i)] ?? leaf)
    // TensorFlow.js throws for a parameter that nothing depends on.
    const connected = tf.addN(moved.map((t) => tf.mul(0, tf.sum(t))))
    return tf.add(summary(direction, build({}, all), inputs), connected)
  })(trained.map((i) => leaves[i]!))
})

/** The places of the trainable leaves among all of a layer's leaves. */
export const trainableLeaves = (subject: Parameters<typeof paramsOf>[0]): ReadonlyArray<number> =>
  paramLeaves(paramsOf(subject, { seed: 0, batch: [], x: [] })).flatMap(([, { role }], i) =>
    role === "trainable" ? [i] : [],
  )
