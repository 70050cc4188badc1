import "@pushforward/backend-cpu"
import { sizeOf, type TensorFunction } from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import { evaluate, type Graph, trace, type TypedNumbers } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { expect } from "vitest"

/** Numbers that are the same everywhere, spread over `low` to `high`. */
export const spread = (
  shape: ReadonlyArray<number>,
  low = -2,
  high = 2,
  seed = 0,
): TypedNumbers & { readonly values: Float32Array } => ({
  shape,
  values: Float32Array.from(
    { length: sizeOf(shape) },
    // The golden ratio's multiples fill the interval evenly.
    (_, i) => low + (high - low) * (((i + 1 + 7.31 * seed) * 0.6180339887498949) % 1),
  ),
})

/** What TensorFlow.js' cpu engine makes of a function. */
export const eagerly = (
  f: TensorFunction,
  inputs: ReadonlyArray<TypedNumbers>,
): ReadonlyArray<{
  shape: ReadonlyArray<number>
  dtype: string
  values: ReadonlyArray<number>
}> => {
  registerGradients()
  void tf.setBackend("cpu")
  return tf.tidy(() =>
    f(
      inputs.map(({ shape, values, dtype = "float32" }) =>
        tf.tensor(Array.from(values), [...shape], dtype),
      ),
    ).map((t) => ({ shape: t.shape, dtype: t.dtype, values: Array.from(t.dataSync()) })),
  )
}

/** Checks numbers to a tolerance relative to `1 + |expected|`. */
export const expectClose = (
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "",
): void => {
  expect(got.length, `${what} length`).toBe(expected.length)
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, expected[i]!]
    if (Object.is(a, b) || a === b) continue
    expect(Math.abs(a - b), `${what} element ${i}: got ${a}, expected ${b}`).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(b)),
    )
  }
}

/** Checks that a trace evaluated in float64 agrees with the cpu engine: values, shapes, types, and nothing left. */
export const expectAgreement = (
  f: TensorFunction,
  inputs: ReadonlyArray<TypedNumbers>,
  { tolerance = 2e-5, dynamic = false, what = "" } = {},
): Graph => {
  const before = tf.memory().numTensors
  const graph = trace(
    f,
    inputs.map(({ shape, dtype = "float32" }) => ({
      shape: dynamic && shape.length > 0 ? [null, ...shape.slice(1)] : shape,
      dtype,
    })),
  )
  expect(tf.memory().numTensors, `${what} tensors left`).toBe(before)
  expect(tf.getBackend()).toBe("cpu")
  const got = evaluate(graph, inputs)
  const expected = eagerly(f, inputs)
  expect(got.length).toBe(expected.length)
  expected.forEach(({ shape, dtype, values }, i) => {
    expect(got[i]!.shape, `${what} output ${i}`).toEqual(shape)
    expect(graph.outputs[i]!.dtype, `${what} output ${i}`).toBe(dtype)
    expectClose(got[i]!.values, values, tolerance, `${what} output ${i}`)
  })
  return graph
}

/** Gradients of `Σ w y` over all outputs `y` with respect to the float inputs, with fixed weights. */
export const gradientsOf =
  (f: TensorFunction, inputs: ReadonlyArray<TypedNumbers>): TensorFunction =>
  (tensors) => {
    const floats = inputs.flatMap(({ dtype = "float32" }, i) => (dtype === "float32" ? [i] : []))
    const loss = (...given: Array<tf.Tensor>): tf.Tensor => {
      const all = tensors.map((t, i) => (floats.includes(i) ? given[floats.indexOf(i)]! : t))
      const terms = f(all).map((y) => tf.sum(tf.mul(tf.sin(tf.add(tf.mul(0.3, y), 1)), y)))
      return tf.addN(terms)
    }
    return tf.grads(loss)(floats.map((i) => tensors[i]!))
  }
