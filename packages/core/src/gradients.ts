/**
 * Gradients for TensorFlow.js, complete and correct to second order. Backends call {@link registerGradients} once.
 */
import * as tf from "@tensorflow/tfjs-core"
// Registers the stock gradients; tfjs-core alone has none, and its own list of them cannot be imported by Node.
import "@tensorflow/tfjs-layers"

/** A kernel of one input: its derivative written on the input. */
type Unary = readonly [kernel: string, input: string, derivative: (x: tf.Tensor) => tf.Tensor]

// TensorFlow.js 4.22 writes these on the saved *output*, which its tape does not connect to the input: the gradient of
// the gradient throws. Written on the input, they can be differentiated again.
const unary: ReadonlyArray<Unary> = [
  ["Exp", "x", (x) => tf.exp(x)],
  ["Tanh", "x", (x) => tf.sub(1, tf.square(tf.tanh(x)))],
  ["Sigmoid", "x", (x) => tf.mul(tf.sigmoid(x), tf.sigmoid(tf.neg(x)))],
  ["Elu", "x", (x) => tf.where(tf.greater(x, 0), tf.onesLike(x), tf.exp(tf.minimum(x, 0)))],
]

// Comparisons are locally constant. Without an entry, differentiating through a mask twice throws.
const locallyConstant: Readonly<Record<string, ReadonlyArray<string>>> = {
  Equal: ["a", "b"],
  NotEqual: ["a", "b"],
  Greater: ["a", "b"],
  GreaterEqual: ["a", "b"],
  Less: ["a", "b"],
  LessEqual: ["a", "b"],
  LogicalAnd: ["a", "b"],
  LogicalOr: ["a", "b"],
  LogicalNot: ["x"],
}

const softmaxGradients: ReadonlyArray<tf.GradConfig> = [
  {
    kernelName: "Softmax",
    inputsToSave: ["logits"],
    gradFunc: (dy, [logits], attrs) => ({
      logits: () => {
        const y = tf.softmax(logits!, attrs["dim"] as number)
        const dyTimesY = tf.mul(dy as tf.Tensor, y)
        return tf.sub(dyTimesY, tf.mul(tf.sum(dyTimesY, attrs["dim"] as number, true), y))
      },
    }),
  },
  {
    kernelName: "LogSoftmax",
    inputsToSave: ["logits"],
    gradFunc: (dy, [logits], attrs) => ({
      logits: () =>
        tf.sub(
          dy as tf.Tensor,
          tf.mul(
            tf.sum(dy as tf.Tensor, attrs["axis"] as number, true),
            tf.softmax(logits!, attrs["axis"] as number),
          ),
        ),
    }),
  },
]

let registered = false

/**
 * Registers the gradients of every kernel, and those that TensorFlow.js 4.22 gets wrong at second order (`exp`, `tanh`,
 * `sigmoid`, `elu`, `softmax`, `logSoftmax`, and comparisons, as in `max` and `where`) in a form that can be
 * differentiated twice. Calling it again does nothing.
 *
 * ```ts
 * import { registerGradients } from "@pushforward/core/gradients"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * registerGradients()
 * tf.grad(tf.grad(tf.exp))(tf.scalar(0)).dataSync()[0] // => 1
 * ```
 */
export const registerGradients = (): void => {
  if (registered) return
  registered = true
  const replace = (config: tf.GradConfig): void => {
    if (tf.getGradient(config.kernelName)) tf.unregisterGradient(config.kernelName)
    tf.registerGradient(config)
  }
  for (const [kernelName, input, derivative] of unary) {
    replace({
      kernelName,
      inputsToSave: [input],
      gradFunc: (dy, [x]) => ({ [input]: () => tf.mul(dy as tf.Tensor, derivative(x!)) }),
    })
  }
  for (const [kernelName, inputs] of Object.entries(locallyConstant)) {
    replace({
      kernelName,
      inputsToSave: [...inputs],
      gradFunc: (_, saved) =>
        Object.fromEntries(inputs.map((name, i) => [name, () => tf.zerosLike(saved[i]!)])),
    })
  }
  softmaxGradients.forEach(replace)
}
