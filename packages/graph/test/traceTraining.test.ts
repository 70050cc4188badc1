import { batchNorm, reverse } from "@pushforward/bijectors"
import {
  chain,
  flattenParams,
  makeKey,
  mapParams,
  normalValues,
  paramLeaves,
  type Params,
  type ParamTensors,
  randomizeParams,
  sizeOf,
  type TensorFunction,
} from "@pushforward/core"
import {
  type ParametricDistribution,
  standardNormal,
  transformed,
} from "@pushforward/distributions"
import { maskedAutoregressive } from "@pushforward/flows-maf-iaf"
import { evaluate, inFloat64, trace } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import { eagerly, expectAgreement, expectClose } from "./agree.ts"

const size = 3
const layer = [maskedAutoregressive({ size, hidden: [7, 6] }), batchNorm([size]), reverse()]
const recipe: ParametricDistribution = transformed(
  standardNormal([size]),
  chain(...layer, ...layer),
)
const params = randomizeParams(recipe.init(makeKey(1)), makeKey(2), 0.2)

/** The tree whose leaves of one role come from a flat vector. */
const split = (
  like: Params,
  flat: tf.Tensor,
  role: "trainable" | "state",
): ReadonlyArray<tf.Tensor> => {
  const leaves = paramLeaves(like).filter(([, leaf]) => leaf.role === role)
  return tf
    .split(
      flat,
      leaves.map(([, { shape }]) => sizeOf(shape)),
    )
    .map((part, i) => tf.reshape(part, [...leaves[i]![1].shape]))
}

/** A step of maximum likelihood: rows by index, gradient, clipping, Adam, and the layers' new statistics. */
const step: TensorFunction = ([trainable, state, m, v, data, indices, rate]) => {
  const rows = tf.gather(data!, indices as tf.Tensor1D)
  const stateNames = paramLeaves(params).flatMap(([path, leaf]) =>
    leaf.role === "state" ? [path.join("/")] : [],
  )
  const next = [...split(params, state!, "state")]
  const kept: Array<tf.Tensor> = []
  const { value, grads } = tf.valueAndGrads((...leaves: Array<tf.Tensor>) => {
    const queues = { trainable: [...leaves], state: [...split(params, state!, "state")] }
    const tree: ParamTensors = mapParams(params, ({ role }) => queues[role].shift()!)
    const density = recipe.build(tree, {
      mode: "train",
      report: (path, reported) => {
        kept.push(tf.keep(reported))
        next[stateNames.indexOf(path.join("/"))] = reported
      },
    })
    return tf.mean<tf.Scalar>(tf.neg(density.logProb(rows)))
  })([...split(params, trainable!, "trainable")])
  const gradient = tf.concat1d(grads.map((g) => tf.reshape<tf.Rank.R1>(g, [-1])))
  const nextState = tf.concat1d(next.map((t) => tf.reshape<tf.Rank.R1>(t, [-1])))
  tf.dispose(kept)
  const norm = tf.norm(gradient)
  const clipped = tf.mul(gradient, tf.minimum(1, tf.div(5, tf.add(norm, 1e-12))))
  const mean = tf.add(tf.mul(m!, 0.9), tf.mul(clipped, 0.1))
  const square = tf.add(tf.mul(v!, 0.999), tf.mul(tf.square(clipped), 0.001))
  return [
    tf.sub(trainable!, tf.div(tf.mul(mean, rate!), tf.add(tf.sqrt(square), 1e-8))),
    nextState,
    mean,
    square,
    value,
    norm,
  ]
}

const trainable = flattenParams(params, "trainable")
const state = flattenParams(params, "state")
const vector = (values: Float32Array) => ({ shape: [values.length], values })
const data = { shape: [20, size], values: normalValues(makeKey(4), 20 * size) }
const inputs = [
  vector(trainable),
  vector(state),
  vector(normalValues(makeKey(5), trainable.length).map((x) => 0.1 * x)),
  vector(normalValues(makeKey(6), trainable.length).map((x) => 0.1 * x * x)),
  data,
  { shape: [8], values: [0, 19, 3, 3, 7, 12, 1, 9], dtype: "int32" as const },
  { shape: [], values: [1e-3] },
]

describe("a training step", () => {
  it("agrees with the cpu engine: parameters, statistics, moments, loss, norm", () => {
    expectAgreement(step, inputs, { tolerance: 2e-4 })
  })

  it("has the gradient that differences of the loss have", () => {
    const loss: TensorFunction = (tensors) => [step(tensors)[4]!]
    const [base] = inFloat64((tensors) => [step(tensors)[2]!, step(tensors)[5]!], inputs)
    const graph = trace(
      loss,
      inputs.map(({ shape, ...rest }) => ({ shape, dtype: "dtype" in rest ? "int32" : "float32" })),
      { exact: true },
    )
    const h = 1e-5
    const norm = inFloat64((tensors) => [step(tensors)[5]!], inputs)[0]!.values[0]!
    for (let i = 0; i < trainable.length; i += 17) {
      const at = (x: number): number =>
        evaluate(graph, [
          { shape: [trainable.length], values: Float64Array.from(trainable).with(i, x) },
          ...inputs.slice(1),
        ])[0]!.values[0]!
      const slope = (at(trainable[i]! + h) - at(trainable[i]! - h)) / (2 * h)
      // m ← 0.9 m + 0.1 g, with g clipped to norm 5.
      const gradient =
        ((base!.values[i]! - 0.9 * inputs[2]!.values[i]!) / 0.1) * Math.max(1, norm / 5)
      expectClose([gradient], [slope], 1e-7)
    }
  })

  it("of many steps stays with the cpu engine", () => {
    const graph = trace(
      step,
      inputs.map(({ shape, ...rest }) => ({ shape, dtype: "dtype" in rest ? "int32" : "float32" })),
    )
    let [mine, theirs] = [inputs.slice(0, 4), inputs.slice(0, 4)] as ReadonlyArray<
      ReadonlyArray<{ shape: ReadonlyArray<number>; values: ArrayLike<number> }>
    >
    for (let k = 0; k < 10; k++) {
      const rest = [
        data,
        { ...inputs[5]!, values: Array.from({ length: 8 }, (_, i) => (7 * i + k) % 20) },
        inputs[6]!,
      ]
      mine = evaluate(graph, [...mine!, ...rest]).slice(0, 4)
      theirs = eagerly(step, [...theirs!, ...rest]).slice(0, 4)
    }
    mine!.forEach(({ values }, i) => expectClose(values, theirs![i]!.values, 2e-3))
  })

  it("leaves nothing behind when the loss throws in the middle", () => {
    const before = tf.memory().numTensors
    expect(() =>
      trace(
        (tensors) => [
          tf.grad((t) => {
            step([t, ...tensors.slice(1)])
            throw new Error("late")
          })(tensors[0]!),
        ],
        inputs.map(({ shape, ...rest }) => ({
          shape,
          dtype: "dtype" in rest ? "int32" : "float32",
        })),
      ),
    ).toThrow("late")
    expect(tf.memory().numTensors).toBe(before)
  })
})
