/**
 * `@pushforward/backend-cpu`: TensorFlow.js' plain JavaScript kernels. Runs anywhere, the reference for all others.
 */
import "@tensorflow/tfjs-backend-cpu"
import { Backend, makeEagerBackend, BackendError } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Layer } from "effect"

/**
 * The cpu backend, as a Layer.
 *
 * @category layers
 */
export const cpu: Layer.Layer<Backend, BackendError> = Layer.effect(Backend)(
  Effect.tryPromise({
    try: async () => {
      tf.enableProdMode()
      await tf.setBackend("cpu")
      return makeEagerBackend("cpu", "cpu")
    },
    catch: (cause) =>
      new BackendError({
        backend: "cpu",
        problem: "the TensorFlow.js cpu engine did not start",
        hint: "Install @tensorflow/tfjs-backend-cpu beside @tensorflow/tfjs-core, both 4.22 or newer.",
        cause,
      }),
  }),
)
