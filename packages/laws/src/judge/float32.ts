import * as tf from "@tensorflow/tfjs-core"
import { scoped } from "../internal/scoped.ts"
import type { Host, Input, Judge } from "./Judge.ts"

/** Reads a tensor back. */
export const read = (t: tf.Tensor): Host => ({
  values: Float64Array.from(t.dataSync<"float32">()),
  shape: t.shape,
})

/** Puts numbers into the engine. */
export const write = ({ values, shape, dtype = "float32" }: Input): tf.Tensor =>
  tf.tensor((dtype === "float32" ? Float32Array : Int32Array).from(values), [...shape], dtype)

/** The arithmetic that people use: TensorFlow.js' current backend. */
export const float32: Judge = {
  precision: "float32",
  tolerance: 1e-4,
  agreement: 1e-5,
  // One unit at magnitude one, times a margin for some dozens of operations.
  rounding: 64 * 2 ** -23,
  most: 0.02,
  // A float32 difference over 2h keeps ε|f|/h and no more.
  differences: { step: 5e-3, tolerance: 2e-2 },
  batchOf: (batch) => batch,
  run: (_owner, _program, f, inputs) => scoped(() => f(inputs.map(write)).map(read)),
}
