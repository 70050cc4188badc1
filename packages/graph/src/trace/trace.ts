/**
 * Tracing: from a function of tensors to a graph.
 */
import type { TensorFunction, TensorSpec } from "@pushforward/core"
import type { Graph } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import { collision, sized, unify } from "./batchSizes.ts"
import { record, type Recording } from "./record.ts"
import type { RecordOptions } from "./TraceBackend.ts"
import { watchWrittenNumbers } from "./writtenNumbers.ts"

/** How {@link trace} records. */
export interface TraceOptions {
  /** The inputs' names. Default `x0`, `x1`, …. */
  readonly names?: ReadonlyArray<string>
  /**
   * Keep the float64 numbers that the function mentions (`tf.mul(x, 0.1)`) instead of TensorFlow.js' float32 roundings
   * of them: for evaluation in float64. Default false.
   */
  readonly exact?: boolean
}

const isPrime = (n: number): boolean => {
  for (let k = 2; k * k <= n; k++) if (n % k === 0) return false
  return true
}

/** The smallest prime above `n` that no size is a multiple of. */
const nextPrime = (n: number, sizes: ReadonlyArray<number>): number => {
  let p = n + 1
  while (!isPrime(p) || sizes.some((size) => size > 0 && size % p === 0)) p += 1
  return p
}

// Large enough that few sizes are multiples of it, small enough that tensors with it cost nothing.
const firstBatch = 1008
const attempts = 8

/**
 * The graph of a function: what it does to tensors, for inputs of these shapes.
 *
 * **Details**
 *
 * - `f`: pure and synchronous; it runs once, or twice if some input has `null` sizes. Gradients may be taken inside it
 * - `inputs`: `null` sizes are all the same batch size `n`, which may change from run to run; other axes may become `k · n`.
 *   A number that `f` takes from it, as a mean does, is computed when the graph runs
 * - Tensors that `f` closes over become constants; they stay where they are
 * - TensorFlow.js' backend is switched while `f` runs, and always switched back; no tensor stays behind
 * - Throws: {@link GraphError} when `f` reads values, uses a kernel that is not covered, stores different numbers along the
 *   batch, or does different things for different batch sizes
 *
 * **Gotchas**
 *
 * `if (x.shape[0] > 1)` is decided while tracing, for a large batch.
 *
 * **Example** (A gradient for any batch)
 *
 * ```ts
 * import { evaluate, trace } from "@pushforward/graph"
 * import * as tf from "@tensorflow/tfjs-core"
 *
 * const graph = trace(([x]) => [tf.grad((t) => tf.sum(tf.square(t)))(x!)], [{ shape: [null], dtype: "float32" }])
 * Array.from(evaluate(graph, [{ shape: [2], values: [3, 5] }])[0]!.values) // => [6, 10]
 * ```
 *
 * @category constructors
 */
export const trace = (
  f: TensorFunction,
  inputs: ReadonlyArray<TensorSpec>,
  { names = [], exact = false }: TraceOptions = {},
): Graph => {
  const of = (n: number, locate: boolean): Recording => {
    const numbers = exact ? watchWrittenNumbers() : undefined
    const options: RecordOptions = {
      locate,
      ...(n > 0 && { dynamic: n }),
      ...(numbers && { numbersBehind: numbers.of }),
    }
    try {
      return record(
        f,
        inputs.map(({ shape, dtype }, i) => ({
          name: names[i] ?? `x${i}`,
          shape: sized(shape, n),
          dtype,
        })),
        options,
      )
    } finally {
      numbers?.stop()
    }
  }
  if (inputs.every(({ shape }) => !shape.includes(null))) {
    const recording = of(0, false)
    return { inputs: recording.inputs, outputs: recording.outputs }
  }
  const fixed = inputs.flatMap(({ shape }) => shape.filter((size) => size !== null))
  let p = nextPrime(firstBatch, fixed)
  let before = of(p, false)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const q = nextPrime(p, fixed)
    const after = of(q, false)
    const graph = unifyOrLocate(before, after, [p, q], () => of(p, true))
    if (graph !== collision) return graph
    before = after
    p = q
  }
  throw new GraphError(
    `trace: found no number to stand for the batch size: every prime from ${firstBatch + 1} on that was tried divides a ` +
      `size of the function. Trace it with a fixed batch size.`,
  )
}

/** On failure, records once more to learn where in the caller's code it comes from. */
const unifyOrLocate = (
  a: Recording,
  b: Recording,
  sizes: readonly [number, number],
  locate: () => Recording,
): Graph | typeof collision => {
  try {
    return unify(a, b, sizes)
  } catch (error) {
    if (error instanceof GraphError) return unify(locate(), b, sizes)
    throw error
  }
}
