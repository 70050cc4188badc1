import { sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { makeNode, type Node } from "../../Graph.ts"
import {
  add,
  binary,
  concat,
  div,
  mul,
  pad,
  reduce,
  reshape,
  scalar,
  slice,
  transpose,
  unary,
  where,
} from "../nodes.ts"
import { fused } from "./activations.ts"
import { type Kernel, kernel, type Kernels } from "./Kernel.ts"

/** How a window moves over an image `[rows of images, height, width, channels]`. */
type Window = tf.backend_util.Conv2DInfo

type Four = [number, number, number, number]

/** The image with a border, as the window sees it. */
const bordered = (
  x: Node,
  { padInfo: { top, left, bottom, right } }: Window,
  value: number,
): Node => pad(x, [0, top, left, 0], [0, bottom, right, 0], value)

/** Every place of the window, row by row. */
const places = ({ filterHeight, filterWidth }: Window): ReadonlyArray<readonly [number, number]> =>
  Array.from({ length: filterHeight * filterWidth }, (_, k) => [
    Math.floor(k / filterWidth),
    k % filterWidth,
  ])

/** What one place of the window sees as it moves: `[images, outHeight, outWidth, channels]`. */
const seen = (image: Node, window: Window, [i, j]: readonly [number, number]): Node =>
  slice(
    image,
    [0, i * window.dilationHeight, j * window.dilationWidth, 0],
    [image.shape[0]!, window.outHeight, window.outWidth, image.shape[3]!],
    [1, window.strideHeight, window.strideWidth, 1],
  )

/** Puts `size` elements along an axis `stride` apart, the first at `begin`, into zeros of length `whole`. */
const spread = (x: Node, axis: number, begin: number, stride: number, whole: number): Node => {
  const size = x.shape[axis]!
  const none = x.shape.map(() => 0)
  const apart = reshape(
    pad(
      reshape(x, x.shape.toSpliced(axis + 1, 0, 1)),
      [...none, 0],
      none.toSpliced(axis + 1, 0, stride - 1),
      0,
    ),
    x.shape.with(axis, size * stride),
  )
  const length = (size - 1) * stride + 1
  const kept = slice(apart, none, apart.shape.with(axis, length))
  return pad(kept, none.with(axis, begin), none.with(axis, whole - begin - length), 0)
}

/** The sum of what every place of the window gives back, each where it was seen: {@link seen}'s gradient. */
const gathered = (parts: ReadonlyArray<Node>, window: Window): Node => {
  const { top, left, bottom, right } = window.padInfo
  const [height, width] = [window.inHeight + top + bottom, window.inWidth + left + right]
  const sum = places(window)
    .map(([i, j], k) => {
      const rows = spread(parts[k]!, 1, i * window.dilationHeight, window.strideHeight, height)
      return spread(rows, 2, j * window.dilationWidth, window.strideWidth, width)
    })
    .reduce(add)
  return slice(
    sum,
    [0, top, left, 0],
    [sum.shape[0]!, window.inHeight, window.inWidth, sum.shape[3]!],
  )
}

/** Everything the window sees at once, one row for each of its positions. */
const columns = (x: Node, window: Window): Node => {
  const image = bordered(x, window, 0)
  const all = concat(
    places(window).map((place) => seen(image, window, place)),
    3,
  )
  return reshape(all, [sizeOf(all.shape.slice(0, 3)), all.shape[3]!])
}

const channelsFirst = (x: Node): Node => transpose(x, [0, 3, 1, 2])
const channelsLast = (x: Node): Node => transpose(x, [0, 2, 3, 1])

/** `f` of an image with its channels last, however the image came. */
const withChannelsLast = (
  format: "NHWC" | "NCHW" | undefined,
  image: Node,
  f: (image: Node) => Node,
): Node => (format === "NCHW" ? channelsFirst(f(channelsLast(image))) : f(image))

const windowOf = (
  shape: ReadonlyArray<number>,
  filter: ReadonlyArray<number>,
  {
    strides,
    pad: border,
    dimRoundingMode,
  }: Pick<tf.Conv2DAttrs, "strides" | "pad" | "dimRoundingMode">,
  dilations: tf.Conv2DAttrs["dilations"] = 1,
): Window =>
  tf.backend_util.computeConv2DInfo(
    shape as Four,
    filter as Four,
    strides,
    dilations,
    border,
    dimRoundingMode,
  )

const poolWindow = (
  x: Node,
  { filterSize, strides, pad: border, dimRoundingMode }: tf.AvgPoolAttrs,
): Window =>
  tf.backend_util.computePool2DInfo(
    x.shape as Four,
    filterSize,
    strides,
    1,
    border,
    dimRoundingMode,
  )

const matMul = (a: Node, b: Node, transposeA: boolean, transposeB: boolean): Node =>
  makeNode("MatMul", [a, b], { transposeA, transposeB })

const convolution = (
  given: Node,
  filter: Node,
  { dataFormat, ...attributes }: tf.Conv2DAttrs,
): Node =>
  withChannelsLast(dataFormat, given, (x) => {
    const window = windowOf(x.shape, filter.shape, attributes, attributes.dilations)
    const weights = reshape(filter, [sizeOf(filter.shape.slice(0, 3)), filter.shape[3]!])
    const product = matMul(columns(x, window), weights, false, false)
    return reshape(product, [x.shape[0]!, window.outHeight, window.outWidth, filter.shape[3]!])
  })

/** The channels of an image in groups, one for each channel that a depthwise convolution saw. */
const grouped = (x: Node, groups: number): Node =>
  reshape(x, [...x.shape.slice(0, 3), groups, x.shape[3]! / groups])

/** One place of a depthwise filter: `[channels, outputs of each]`. */
const weightsAt = (filter: Node, [i, j]: readonly [number, number]): Node => {
  const each = filter.shape.slice(2)
  return reshape(slice(filter, [i, j, 0, 0], [1, 1, ...each]), each)
}

const depthwise = (
  given: Node,
  filter: Node,
  { dataFormat, ...attributes }: tf.DepthwiseConv2dNativeAttrs,
): Node =>
  withChannelsLast(dataFormat, given, (x) => {
    const window = windowOf(x.shape, filter.shape, attributes, attributes.dilations)
    const image = bordered(x, window, 0)
    const sum = places(window)
      .map((place) =>
        mul(grouped(seen(image, window, place), x.shape[3]!), weightsAt(filter, place)),
      )
      .reduce(add)
    return reshape(sum, [...sum.shape.slice(0, 3), sizeOf(sum.shape.slice(3))])
  })

/** A vector with one number a channel, as it broadcasts against an image. */
const perChannel = (x: Node | undefined, format: "NHWC" | "NCHW"): Node | undefined =>
  x && format === "NCHW" && x.shape.length === 1 ? reshape(x, [x.shape[0]!, 1, 1]) : x

/** A convolution with what TensorFlow.js fuses with it. */
const fusedConvolution = (
  plain: "conv2d" | "depthwiseConv2d",
  convolve: typeof convolution,
): Kernel =>
  kernel<tf.FusedConv2DInputs, tf.FusedConv2DAttrs>(
    ({ x, filter, bias, preluActivationWeights }, attributes) =>
      fused(
        plain,
        convolve(x, filter, attributes),
        {
          bias: perChannel(bias, attributes.dataFormat),
          preluActivationWeights: perChannel(preluActivationWeights, attributes.dataFormat),
        },
        attributes,
      ),
  )

/** How many elements of the image each position of the window sees: fewer at the border. */
const counts = (window: Window): Node => {
  const along = (
    out: number,
    stride: number,
    before: number,
    size: number,
    inside: number,
  ): ReadonlyArray<number> =>
    Array.from({ length: out }, (_, i) => {
      const from = i * stride - before
      return Math.min(from + size, inside) - Math.max(from, 0)
    })
  const rows = along(
    window.outHeight,
    window.strideHeight,
    window.padInfo.top,
    window.filterHeight,
    window.inHeight,
  )
  const across = along(
    window.outWidth,
    window.strideWidth,
    window.padInfo.left,
    window.filterWidth,
    window.inWidth,
  )
  return makeNode("Constant", [], {
    values: rows.flatMap((a) => across.map((b) => a * b)),
    shape: [window.outHeight, window.outWidth, 1],
    dtype: "float32",
  })
}

/** Convolutions and pooling of images, as matrix products and sums of strided slices. */
export const convolutions: Kernels = {
  Conv2D: kernel<tf.Conv2DInputs, tf.Conv2DAttrs>(({ x, filter }, attributes) =>
    convolution(x, filter, attributes),
  ),
  Conv2DBackpropFilter: kernel<tf.Conv2DBackpropFilterInputs, tf.Conv2DBackpropFilterAttrs>(
    ({ x: given, dy: slope }, attributes) => {
      const first = attributes.dataFormat === "NCHW"
      const [x, dy] = first ? [channelsLast(given), channelsLast(slope)] : [given, slope]
      const window = windowOf(x.shape, attributes.filterShape, attributes)
      const rows = reshape(dy, [sizeOf(dy.shape.slice(0, 3)), dy.shape[3]!])
      return reshape(matMul(columns(x, window), rows, true, false), attributes.filterShape)
    },
  ),
  Conv2DBackpropInput: kernel<tf.Conv2DBackpropInputInputs, tf.Conv2DBackpropInputAttrs>(
    ({ dy: slope, filter }, attributes) => {
      const first = attributes.dataFormat === "NCHW"
      const dy = first ? channelsLast(slope) : slope
      const [images, a, b, c] = attributes.inputShape
      const shape = first ? [images, b, c, a] : attributes.inputShape
      const window = windowOf(shape, filter.shape, attributes)
      const [channels, outputs] = [filter.shape[2]!, filter.shape[3]!]
      const rows = reshape(dy, [sizeOf(dy.shape.slice(0, 3)), outputs])
      const weights = reshape(filter, [sizeOf(filter.shape.slice(0, 3)), outputs])
      const all = reshape(matMul(rows, weights, false, true), [
        ...dy.shape.slice(0, 3),
        sizeOf(filter.shape.slice(0, 3)),
      ])
      const parts = places(window).map((_, k) =>
        slice(all, [0, 0, 0, k * channels], [...dy.shape.slice(0, 3), channels]),
      )
      const dx = gathered(parts, window)
      return first ? channelsFirst(dx) : dx
    },
  ),
  FusedConv2D: fusedConvolution("conv2d", convolution),
  DepthwiseConv2dNative: kernel<tf.DepthwiseConv2dNativeInputs, tf.DepthwiseConv2dNativeAttrs>(
    ({ x, filter }, attributes) => depthwise(x, filter, attributes),
  ),
  DepthwiseConv2dNativeBackpropFilter: kernel<
    tf.DepthwiseConv2dNativeBackpropFilterInputs,
    tf.DepthwiseConv2dNativeBackpropFilterAttrs
  >(({ x, dy }, { filterShape, ...attributes }) => {
    const window = windowOf(x.shape, filterShape, attributes, attributes.dilations)
    const image = bordered(x, window, 0)
    const slopes = grouped(dy, filterShape[2])
    const parts = places(window).map((place) =>
      reduce(
        "ReduceSum",
        mul(grouped(seen(image, window, place), filterShape[2]), slopes),
        [0, 1, 2],
        true,
      ),
    )
    return reshape(concat(parts, 0), filterShape)
  }),
  DepthwiseConv2dNativeBackpropInput: kernel<
    tf.DepthwiseConv2dNativeBackpropInputInputs,
    tf.DepthwiseConv2dNativeBackpropInputAttrs
  >(({ dy, filter }, { inputShape, ...attributes }) => {
    const window = windowOf(inputShape, filter.shape, attributes, attributes.dilations)
    const slopes = grouped(dy, filter.shape[2]!)
    const parts = places(window).map((place) =>
      reduce("ReduceSum", mul(slopes, weightsAt(filter, place)), [4], false),
    )
    return gathered(parts, window)
  }),
  FusedDepthwiseConv2D: fusedConvolution("depthwiseConv2d", depthwise),
  AvgPool: kernel<tf.AvgPoolInputs, tf.AvgPoolAttrs>(({ x }, attributes) => {
    const window = poolWindow(x, attributes)
    const image = bordered(x, window, 0)
    const sum = places(window)
      .map((place) => seen(image, window, place))
      .reduce(add)
    return div(sum, counts(window))
  }),
  // As TensorFlow.js has it: at a border, too, each element gets its share of a whole window.
  AvgPoolGrad: kernel<tf.AvgPoolGradInputs, tf.AvgPoolGradAttrs>(({ dy, input }, attributes) => {
    const window = poolWindow(input, attributes)
    const share = div(dy, scalar(window.filterHeight * window.filterWidth))
    return gathered(
      places(window).map(() => share),
      window,
    )
  }),
  MaxPool: kernel<tf.MaxPoolInputs, tf.MaxPoolAttrs>(({ x }, attributes) => {
    const window = poolWindow(x, attributes)
    const image = bordered(x, window, -Infinity)
    return places(window)
      .map((place) => seen(image, window, place))
      .reduce((most, each) => binary("Max", most, each))
  }),
  // Of equal elements the first has the whole slope.
  MaxPoolGrad: kernel<tf.MaxPoolGradInputs, tf.MaxPoolGradAttrs>(
    ({ dy, input, output }, attributes) => {
      const window = poolWindow(input, attributes)
      const image = bordered(input, window, -Infinity)
      let taken: Node | undefined
      const parts = places(window).map((place) => {
        const equal = binary("Equal", seen(image, window, place), output)
        const hit = taken ? binary("And", equal, unary("Not", taken)) : equal
        taken = taken ? binary("Or", taken, hit) : hit
        return where(hit, dy, scalar(0))
      })
      return gathered(parts, window)
    },
  ),
}
