import * as tf from "@tensorflow/tfjs-core"

/**
 * An elementwise function with its derivative given, where differentiating the arithmetic of `value` would lose digits.
 * The derivative is written on the input, so it can be differentiated again.
 */
export const withDerivative = (
  value: (x: tf.Tensor) => tf.Tensor,
  derivative: (x: tf.Tensor) => tf.Tensor,
): ((x: tf.Tensor) => tf.Tensor) =>
  tf.customGrad((x, save) => {
    ;(save as tf.GradSaveFunc)([x as tf.Tensor])
    return {
      value: value(x as tf.Tensor),
      gradFunc: (dy, [saved]) => tf.mul(dy, derivative(saved!)),
    }
  })
