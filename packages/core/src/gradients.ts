/**
 * Gradients for TensorFlow.js, complete and correct to second order. Backends call {@link registerGradients} once.
 */
import * as tf from "@tensorflow/tfjs-core"
// Registers the stock gradients; tfjs-core alone has none, and its own list of them cannot be imported by Node.
import "@tensorflow/tfjs-layers"

/** A function of one tensor, `y = f(x)`: `f′` from the output, which is already there, and `f″` from the input. */
interface Unary {
  readonly input: string
  readonly first: (y: tf.Tensor) => tf.Tensor
  readonly second: (x: tf.Tensor) => tf.Tensor
}

// TensorFlow.js 4.22 writes these on the saved *output*, which its tape does not connect to the input: the gradient of
// the gradient throws. Here `f′` still costs no second `tanh`, and carries its own derivative on the input.
const unary: Readonly<Record<string, Unary>> = {
  Exp: { input: "x", first: (y) => y, second: (x) => tf.exp(x) },
  Tanh: {
    input: "x",
    first: (y) => tf.sub(1, tf.square(y)),
    second: (x) => {
      const y = tf.tanh(x)
      return tf.mul(tf.mul(-2, y), tf.sub(1, tf.square(y)))
    },
  },
  Sigmoid: {
    input: "x",
    first: (y) => tf.mul(y, tf.sub(1, y)),
    second: (x) => {
      const y = tf.sigmoid(x)
      return tf.mul(tf.mul(y, tf.sub(1, y)), tf.sub(1, tf.mul(2, y)))
    },
  },
  Elu: {
    input: "x",
    first: (y) => tf.where(tf.greater(y, 0), tf.onesLike(y), tf.add(y, 1)),
    second: (x) => tf.where(tf.greater(x, 0), tf.zerosLike(x), tf.exp(tf.minimum(x, 0))),
  },
}

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
  All: ["x"],
  Any: ["x"],
  IsNan: ["x"],
  IsInf: ["x"],
  IsFinite: ["x"],
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
]

const swapped = (x: tf.Tensor): tf.Tensor => {
  const axes = Array.from({ length: x.rank }, (_, i) => i)
  return tf.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2])
}

// The stock gradient multiplies with transpose flags, for which the wasm engine has only a slow loop: five to ten times
// the time of its fast kernel on a transposed copy.
const matMulGradient: tf.GradConfig = {
  kernelName: "BatchMatMul",
  inputsToSave: ["a", "b"],
  gradFunc: (dy, [a, b], { transposeA, transposeB }) => {
    const [left, right] = [transposeA ? swapped(a!) : a!, transposeB ? swapped(b!) : b!]
    const [dLeft, dRight] = [
      () => tf.matMul(dy as tf.Tensor, swapped(right)),
      () => tf.matMul(swapped(left), dy as tf.Tensor),
    ]
    return {
      a: () => (transposeA ? swapped(dLeft()) : dLeft()),
      b: () => (transposeB ? swapped(dRight()) : dRight()),
    }
  },
}

// The stock gradient permutes its axes a second time: wrong for every axis but the last.
const cumsumGradient: tf.GradConfig = {
  kernelName: "Cumsum",
  gradFunc: (dy, _, { axis, exclusive, reverse }) => ({
    x: () => tf.cumsum(dy as tf.Tensor, axis as number, exclusive as boolean, reverse !== true),
  }),
}

// The stock gradient adds slices one by one, as many as there are repetitions (thousands for `broadcastTo` over a
// batch, which is a tile too), and throws from rank 5 on. A sum over the repetitions is one operation for any number.
const tileGradient: tf.GradConfig = {
  kernelName: "Tile",
  inputsToSave: ["x"],
  gradFunc: (dy, [x], { reps }) => ({
    x: () => {
      const axes = x!.shape.map((size, i) => {
        const count = (reps as ReadonlyArray<number>)[i]!
        return count === 1 ? [size] : [count, size]
      })
      const before = axes.map((_, i) => axes.slice(0, i).flat().length)
      const repeated = before.filter((_, i) => axes[i]!.length === 2)
      return repeated.length === 0
        ? tf.clone(dy as tf.Tensor)
        : tf.sum(tf.reshape(dy as tf.Tensor, axes.flat()), repeated)
    },
  }),
}

let registered = false

/**
 * Registers the gradients of every kernel. Those that TensorFlow.js 4.22 gets wrong at second order (`exp`, `tanh`,
 * `sigmoid`, `elu`, `softmax`, and comparisons, as in `max` and `where`) come in a form that can be differentiated twice;
 * that of `cumsum` is right along every axis, and that of `tile` (and `broadcastTo`) is one operation for any number of
 * repetitions. Calling it again does nothing.
 *
 * **Gotchas**
 *
 * `tf.logSoftmax` carries a gradient of its own that no registration reaches: write `x − logSumExp(x)`.
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
  for (const [kernelName, { input, first, second }] of Object.entries(unary)) {
    replace({
      kernelName,
      inputsToSave: [input],
      outputsToSave: [true],
      gradFunc: (dy, [x, y]) => {
        const derivative = tf.customGrad((at) => ({
          value: tf.clone(first(y!)),
          gradFunc: (dz: tf.Tensor) => tf.mul(dz, second(at as tf.Tensor)),
        }))
        return { [input]: () => tf.mul(dy as tf.Tensor, derivative(x!)) }
      },
    })
  }
  for (const [kernelName, inputs] of Object.entries(locallyConstant)) {
    replace({
      kernelName,
      inputsToSave: [...inputs],
      gradFunc: (_, saved) =>
        // Gradients are float32, also those of booleans.
        Object.fromEntries(inputs.map((name, i) => [name, () => tf.zeros(saved[i]!.shape)])),
    })
  }
  softmaxGradients.forEach(replace)
  replace(matMulGradient)
  replace(cumsumGradient)
  replace(tileGradient)
}
