/**
 * A backend around any TensorFlow.js engine: every call runs the function as it is, in a tidy scope.
 */
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import type { BackendShape, HostTensor, Loop, LoopProgram, StepFunction } from "./Backend.ts"
import { BackendError } from "./errors.ts"
import { registerGradients } from "./gradients.ts"

/** How long steps may keep the event loop to themselves, in milliseconds. */
const slice = 16

const toTensor = ({ values, shape, dtype }: HostTensor): tf.Tensor =>
  tf.tensor(values, [...shape], dtype)

/** Reads tensors and frees them. The only place where numbers leave the engine. */
const read = async (tensors: ReadonlyArray<tf.Tensor>): Promise<ReadonlyArray<HostTensor>> => {
  try {
    return await Promise.all(
      tensors.map(async (t): Promise<HostTensor> =>
        t.dtype === "int32"
          ? { shape: t.shape, dtype: "int32", values: Int32Array.from(await t.data<"int32">()) }
          : {
              shape: t.shape,
              dtype: "float32",
              values: Float32Array.from(await t.data<"float32">()),
            },
      ),
    )
  } finally {
    tf.dispose([...tensors])
  }
}

/** The `k`-th step's slice of inputs that have a leading axis. */
const inputsAt = (inputs: ReadonlyArray<HostTensor>, k: number): ReadonlyArray<tf.Tensor> =>
  inputs.map(({ values, shape, dtype }) => {
    const size = values.length / shape[0]!
    return tf.tensor(values.subarray(k * size, (k + 1) * size), shape.slice(1), dtype)
  })

/**
 * Makes a backend of the TensorFlow.js engine called `engine`, once it is initialised.
 *
 * **Details**
 *
 * - The engine is global to the process: it is selected again before every step, so several backends may be used in turn
 * - A step is never suspended: TensorFlow.js' scopes and tape are global too
 *
 * @category constructors
 */
export const makeEagerBackend = (name: string, engine: string): BackendShape => {
  registerGradients()
  const fail = (cause: unknown): BackendError =>
    new BackendError({
      backend: name,
      problem: cause instanceof Error ? cause.message : String(cause),
      hint: "Run the function eagerly on small tensors to find the operation that fails.",
      cause,
    })
  const attempt = <A>(f: () => A): Effect.Effect<A, BackendError> =>
    Effect.try({
      try: () => {
        // Takes effect at once: the engine was initialised when its layer was built.
        void tf.setBackend(engine)
        return f()
      },
      catch: fail,
    })
  const readBack = (
    tensors: ReadonlyArray<tf.Tensor>,
  ): Effect.Effect<ReadonlyArray<HostTensor>, BackendError> =>
    Effect.tryPromise({ try: () => read(tensors), catch: fail })

  return {
    name,
    compile: (f) =>
      Effect.succeed({
        run: (inputs) =>
          attempt(() => tf.tidy(() => [...f(inputs.map(toTensor))])).pipe(
            Effect.flatMap(readBack),
            Effect.uninterruptible,
          ),
      }),
    loop: (step, program) =>
      Effect.map(
        Effect.acquireRelease(
          attempt(() => openLoop(step, program)),
          (state) => Effect.sync(() => tf.dispose([...state.resident, ...state.carry])),
        ),
        (state) => runLoop(state, attempt, readBack),
      ),
  }
}

interface LoopState {
  readonly step: StepFunction
  readonly resident: ReadonlyArray<tf.Tensor>
  carry: ReadonlyArray<tf.Tensor>
}

const openLoop = (step: StepFunction, { carry, resident }: LoopProgram): LoopState => ({
  step,
  // In a scope, so that a value of the wrong size leaves nothing behind.
  ...tf.tidy(() => ({ resident: resident.map(toTensor), carry: carry.map(toTensor) })),
})

const runLoop = (
  state: LoopState,
  attempt: <A>(f: () => A) => Effect.Effect<A, BackendError>,
  readBack: (
    tensors: ReadonlyArray<tf.Tensor>,
  ) => Effect.Effect<ReadonlyArray<HostTensor>, BackendError>,
): Loop => {
  /** Does steps until the slice is over; gives the number done. */
  const stride = (
    inputs: ReadonlyArray<HostTensor>,
    from: number,
    count: number,
    outputs: Array<ReadonlyArray<tf.Tensor>>,
  ): number => {
    const until = performance.now() + slice
    let k = from
    while (k < count && (k === from || performance.now() < until)) {
      const next = tf.tidy(() => {
        const result = state.step(state.carry, state.resident, inputsAt(inputs, k))
        // Copies share their data. A step may return one tensor twice, or one that it was given: each owns its own.
        const own = (tensors: ReadonlyArray<tf.Tensor>): Array<tf.Tensor> =>
          tensors.map((t) => tf.clone(t))
        return { carry: own(result.carry), outputs: own(result.outputs) }
      })
      tf.dispose([...state.carry])
      state.carry = next.carry
      outputs.push(next.outputs)
      k += 1
    }
    return k
  }
  return {
    run: (inputs) =>
      Effect.gen(function* () {
        const count = inputs[0]?.shape[0] ?? 0
        const outputs: Array<ReadonlyArray<tf.Tensor>> = []
        const stacked = yield* Effect.gen(function* () {
          let done = 0
          while (done < count) {
            done = yield* attempt(() => stride(inputs, done, count, outputs))
            yield* Effect.sleep(0)
          }
          return yield* attempt(() =>
            tf.tidy(() =>
              (outputs[0] ?? []).map((_, i) => tf.stack(outputs.map((row) => row[i]!))),
            ),
          )
        }).pipe(Effect.ensuring(Effect.sync(() => tf.dispose(outputs.flat()))))
        return yield* readBack(stacked)
      }),
    carry: Effect.suspend(() =>
      Effect.flatMap(
        attempt(() => state.carry.map((t) => tf.clone(t))),
        readBack,
      ),
    ),
  }
}
