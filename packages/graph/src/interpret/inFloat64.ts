import type { TensorFunction, TensorSpec } from "@pushforward/core"
import { trace } from "../trace/trace.ts"
import { evaluate, type Numbers, type Numbers64 } from "./evaluate.ts"

/** Numbers for a function, with the type that it expects. */
export interface TypedNumbers extends Numbers {
  /** Default `"float32"`: the type of the function's tensor, not of the arithmetic. */
  readonly dtype?: TensorSpec["dtype"]
}

/**
 * Runs a function of tensors in float64, though TensorFlow.js has float32 only: traces it, and evaluates the graph.
 *
 * **When to use**
 *
 * Use to check a formula to its last digits: round trips, log-determinants, gradients, golden values.
 *
 * **Details**
 *
 * - Numbers that `f` mentions keep their float64 value; tensors that it closes over are what they are, float32
 * - Trace once and {@link evaluate} many times where the same function is checked on many inputs
 *
 * **Example** (A digit that float32 does not have)
 *
 * ```ts
 * import { inFloat64 } from "@pushforward/graph"
 * import * as tf from "@tensorflow/tfjs-core"
 *
 * const [y] = inFloat64(([x]) => [tf.log1p(x!)], [{ shape: [1], values: [1e-12] }])
 * y!.values[0] // => 9.999999999995e-13
 * ```
 *
 * @category interpreters
 */
export const inFloat64 = (
  f: TensorFunction,
  inputs: ReadonlyArray<TypedNumbers>,
): ReadonlyArray<Numbers64> =>
  evaluate(
    trace(
      f,
      inputs.map(({ shape, dtype = "float32" }) => ({ shape, dtype })),
      { exact: true },
    ),
    inputs,
  )
