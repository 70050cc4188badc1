import * as tf from "@tensorflow/tfjs-core"
import { sameShape, ShapeError, showShape } from "./Shape.ts"

/** What one step of a {@link scan} gives: what the next step carries, and this step's part of the result. */
export interface ScanStep {
  readonly carry: ReadonlyArray<tf.Tensor>
  readonly output: tf.Tensor
}

/**
 * A loop over rows that carries tensors from step to step: `(cᵢ₊₁, yᵢ) = step(cᵢ, xᵢ)`.
 *
 * **When to use**
 *
 * Use instead of a loop of your own where every step does the same: traced, it is one operation, however many steps it
 * has, so a model with hundreds of steps stays small and is compiled fast.
 *
 * **Details**
 *
 * - `initial`: what the first step is given as `carry`, each `[...]`; every step gives as many tensors of the same shapes
 *   and types
 * - `slices`: each `[steps, ...]`, at least one, of at least one row; step `i` is given row `i`, without the leading axis
 * - Result: `[steps, ...output]`, the outputs of all steps, one after the other
 * - `step` may use other tensors from around it. When traced, it runs once, with tensors that stand for every step's
 * - Throws: {@link ShapeError} for slices that disagree about the number of steps, or a carry that changes
 *
 * **Gotchas**
 *
 * - Tensors that `step` makes and does not return are freed after each step: it must not keep them elsewhere
 * - Eagerly it can be differentiated like any loop. Traced it cannot, and asking for its gradient is an error: give the
 *   gradient yourself, with `tf.customGrad` around the function that scans
 *
 * **Example** (Running sums)
 *
 * ```ts
 * import { scan } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const sums = scan(
 *   ([sum], [x]) => {
 *     const next = tf.add(sum!, x!)
 *     return { carry: [next], output: next }
 *   },
 *   [tf.scalar(0)],
 *   [tf.tensor1d([1, 2, 3])],
 * )
 * sums.arraySync() // => [1, 3, 6]
 * ```
 *
 * @category combinators
 */
export const scan = (
  step: (carry: ReadonlyArray<tf.Tensor>, slices: ReadonlyArray<tf.Tensor>) => ScanStep,
  initial: ReadonlyArray<tf.Tensor>,
  slices: ReadonlyArray<tf.Tensor>,
): tf.Tensor => {
  requireSteps(slices)
  const checked: typeof step = (carry, rows) => {
    const result = step(carry, rows)
    requireSameCarry(initial, result.carry)
    return result
  }
  return tf.getKernel("Scan", tf.getBackend())
    ? record(checked, initial, slices)
    : run(checked, initial, slices)
}

type Step = Parameters<typeof scan>[0]

const requireSteps = (slices: ReadonlyArray<tf.Tensor>): void => {
  const [steps] = slices.map(({ shape: [size] }) => size)
  if (steps === undefined || steps < 1 || slices.some(({ shape: [size] }) => size !== steps)) {
    throw new ShapeError(
      `scan: expected slices with one row for each step, got ${
        slices.map(({ shape }) => showShape(shape)).join(" and ") || "none"
      }. Pass one or more of shape [steps, ...], with the same number of steps, at least 1.`,
    )
  }
}

const requireSameCarry = (
  initial: ReadonlyArray<tf.Tensor>,
  carry: ReadonlyArray<tf.Tensor>,
): void => {
  const show = (tensors: ReadonlyArray<tf.Tensor>): string =>
    tensors.map(({ dtype, shape }) => `${dtype} ${showShape(shape)}`).join(", ") || "nothing"
  const isSame = (from: tf.Tensor, to: tf.Tensor | undefined): boolean =>
    to !== undefined && from.dtype === to.dtype && sameShape(from.shape, to.shape)
  if (initial.length === carry.length && initial.every((from, i) => isSame(from, carry[i]))) return
  throw new ShapeError(
    `scan: expected the step to carry ${show(initial)} on, got ${show(carry)}. ` +
      `Carry the same shapes and types from step to step.`,
  )
}

/** The loop as one operation, for an engine that records: both ends of the step are kernels, so a tape sees them too. */
const record = (
  step: Step,
  initial: ReadonlyArray<tf.Tensor>,
  slices: ReadonlyArray<tf.Tensor>,
): tf.Tensor => {
  const call = (name: string, inputs: ReadonlyArray<tf.Tensor>): Array<tf.Tensor> =>
    tf.engine().runKernel(name, [...inputs] as unknown as tf.NamedTensorMap, {
      carry: initial.length,
      slices: slices.length,
    })
  const given = [...initial, ...slices]
  const started = call("ScanStart", given)
  const { carry, output } = step(started.slice(0, initial.length), started.slice(initial.length))
  const [result] = call("Scan", [...given, ...started, ...carry, output])
  return result!
}

/** The loop, step by step. */
const run = (
  step: Step,
  initial: ReadonlyArray<tf.Tensor>,
  slices: ReadonlyArray<tf.Tensor>,
): tf.Tensor =>
  tf.tidy(() => {
    // Copies share their data. A step may return one tensor twice, or one that it was given: each owns its own.
    const own = (tensors: ReadonlyArray<tf.Tensor>): Array<tf.Tensor> =>
      tensors.map((t) => tf.clone(t))
    // All rows at once: the gradient of one row alone is as large as all of them.
    const rows = slices.map((slice) => tf.unstack(slice))
    const outputs: Array<tf.Tensor> = []
    let carry = own(initial)
    for (let i = 0; i < rows[0]!.length; i++) {
      const next = tf.tidy(() => {
        const result = step(
          carry,
          rows.map((row) => row[i]!),
        )
        return { carry: own(result.carry), output: tf.clone(result.output) }
      })
      tf.dispose(carry)
      carry = next.carry
      outputs.push(next.output)
    }
    return tf.stack(outputs)
  })
