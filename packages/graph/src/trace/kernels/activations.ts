import type * as tf from "@tensorflow/tfjs-core"
import type { Node } from "../../Graph.ts"
import { GraphError } from "../../GraphError.ts"
import { add, binary, cast, div, mul, reduce, scalar, sub, unary, where } from "../nodes.ts"
import { kernel, type Kernels } from "./Kernel.ts"

const like = (x: Node, value: number): Node => scalar(value, x.dtype)

const clip = (x: Node, low: number, high: number): Node =>
  binary("Min", binary("Max", x, like(x, low)), like(x, high))

const relu = (x: Node): Node => binary("Max", x, like(x, 0))

const relu6 = (x: Node): Node => clip(x, 0, 6)

const leakyRelu = (x: Node, alpha: Node): Node =>
  where(binary("Less", x, like(x, 0)), mul(x, alpha), x)

/** `scale · x` above zero, `below · (eˣ − 1)` under it. */
const elu = (given: Node, scale = 1, below = 1): Node => {
  const x = cast(given, "float32")
  // Above zero the exponential may overflow, and infinity times the mask's zero would spoil the gradient.
  const negative = unary("Expm1", binary("Min", x, scalar(0)))
  return where(
    binary("Greater", x, scalar(0)),
    scale === 1 ? x : mul(x, scalar(scale)),
    below === 1 ? negative : mul(negative, scalar(below)),
  )
}

// Klambauer et al., arXiv:1706.02515, with the digits of TensorFlow.js.
const seluScale = 1.0507009873554804934193349852946
const seluAlpha = 1.6732632423543772848170429916717

/** The largest of the last axis taken off, so that no exponential overflows. */
const shifted = (x: Node, axis: number): Node =>
  sub(cast(x, "float32"), reduce("ReduceMax", cast(x, "float32"), [axis], true))

/** An axis counted from the front. */
const fromFront = (axis: number | undefined, rank: number): number =>
  axis === undefined ? rank - 1 : axis < 0 ? axis + rank : axis

/** What fused kernels may have beside the factors of their product. */
interface FusedInputs {
  readonly bias?: Node | undefined
  readonly preluActivationWeights?: Node | undefined
}

interface FusedAttributes {
  readonly activation?: string | null
  readonly leakyreluAlpha?: number
}

/** What the fused kernel of `tf.[plain]` does with its product: adds the bias, then applies the activation. */
export const fused = (
  plain: string,
  product: Node,
  { bias, preluActivationWeights }: FusedInputs,
  { activation, leakyreluAlpha }: FusedAttributes,
): Node => {
  const x = bias ? add(product, bias) : product
  switch (activation) {
    case undefined:
    case null:
    case "linear":
      return x
    case "relu":
      return relu(x)
    case "relu6":
      return relu6(x)
    case "elu":
      return elu(x)
    case "sigmoid":
      return unary("Sigmoid", x)
    case "leakyrelu":
      return leakyRelu(x, scalar(leakyreluAlpha!))
    case "prelu":
      return leakyRelu(x, preluActivationWeights!)
    default:
      throw new GraphError(
        `trace: the activation "${activation}" of a fused ${plain} is not covered. Apply it after a plain tf.${plain}.`,
      )
  }
}

/** Kernels of neural networks' activations, and their own gradients. */
export const activations: Kernels = {
  Relu: kernel<tf.ReluInputs>(({ x }) => relu(x)),
  Relu6: kernel<tf.Relu6Inputs>(({ x }) => relu6(x)),
  LeakyRelu: kernel<tf.LeakyReluInputs, tf.LeakyReluAttrs>(({ x }, { alpha }) =>
    leakyRelu(cast(x, "float32"), scalar(alpha)),
  ),
  Prelu: kernel<tf.PreluInputs>(({ x, alpha }) => leakyRelu(x, alpha)),
  Elu: kernel<tf.EluInputs>(({ x }) => elu(x)),
  EluGrad: kernel<tf.EluGradInputs>(({ dy, y }) =>
    where(binary("GreaterOrEqual", y, scalar(0)), dy, mul(dy, add(y, scalar(1)))),
  ),
  Selu: kernel<tf.SeluInputs>(({ x }) => elu(x, seluScale, seluScale * seluAlpha)),
  // NaN, which TensorFlow.js keeps, counts as below zero: whatever is multiplied by the step is NaN itself.
  Step: kernel<tf.StepInputs, tf.StepAttrs>(({ x }, { alpha }) => {
    const above = binary("Greater", x, like(x, 0))
    return alpha === 0 ? cast(above, x.dtype) : where(above, like(x, 1), like(x, alpha))
  }),
  ClipByValue: kernel<tf.ClipByValueInputs, tf.ClipByValueAttrs>(
    ({ x }, { clipValueMin, clipValueMax }) => clip(x, clipValueMin, clipValueMax),
  ),
  Square: kernel<tf.SquareInputs>(({ x }) => mul(x, x)),
  Rsqrt: kernel<tf.RsqrtInputs>(({ x }) => unary("Reciprocal", unary("Sqrt", cast(x, "float32")))),
  Softmax: kernel<tf.SoftmaxInputs, tf.SoftmaxAttrs>(({ logits }, { dim }) => {
    const axis = fromFront(dim, logits.shape.length)
    const weights = unary("Exp", shifted(logits, axis))
    return div(weights, reduce("ReduceSum", weights, [axis], true))
  }),
  LogSoftmax: kernel<tf.LogSoftmaxInputs, tf.LogSoftmaxAttrs>(({ logits }, attributes) => {
    const axis = fromFront(attributes.axis, logits.shape.length)
    const x = shifted(logits, axis)
    return sub(x, unary("Log", reduce("ReduceSum", unary("Exp", x), [axis], true)))
  }),
  FusedBatchNorm: kernel<tf.FusedBatchNormInputs, tf.FusedBatchNormAttrs>(
    ({ x, scale, offset, mean, variance }, { varianceEpsilon }) => {
      const deviation = unary("Sqrt", add(variance, scalar(varianceEpsilon)))
      const normalised = div(sub(x, mean), deviation)
      const scaled = (scale as Node | undefined) ? mul(normalised, scale) : normalised
      return (offset as Node | undefined) ? add(scaled, offset) : scaled
    },
  ),
}
