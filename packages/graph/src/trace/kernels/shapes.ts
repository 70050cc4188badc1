import { sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { makeNode, type Node } from "../../Graph.ts"
import {
  binary,
  concat,
  expand,
  pad,
  reshape,
  scalar,
  slice,
  sliceAxis,
  transpose,
  uniform,
  where,
} from "../nodes.ts"
import { kernel, type Kernels } from "./Kernel.ts"
import { counting } from "./reductions.ts"

const withAxis = (shape: ReadonlyArray<number>, axis: number): ReadonlyArray<number> =>
  shape.toSpliced(axis, 0, 1)

const fromFront = (axis: number, { shape }: Node): number =>
  tf.util.parseAxisParam(axis, [...shape])[0]!

/** One axis the other way round. */
const reversed = (x: Node, axis: number): Node =>
  sliceAxis(x, axis, x.shape[axis]! - 1, x.shape[axis]!, -1)

const mirror = (
  x: Node,
  axis: number,
  [before, after]: readonly [number, number],
  edge: boolean,
): Node => {
  const size = x.shape[axis]!
  // Reflection leaves the element at the edge out, symmetry repeats it.
  const skip = edge ? 0 : 1
  return concat(
    [
      ...(before > 0 ? [sliceAxis(x, axis, before - 1 + skip, before, -1)] : []),
      x,
      ...(after > 0 ? [sliceAxis(x, axis, size - 1 - skip, after, -1)] : []),
    ],
    axis,
  )
}

const tile = (x: Node, repeats: ReadonlyArray<number>): Node => {
  const whole = x.shape.map((n, i) => n * repeats[i]!)
  return repeats.every((count, i) => count === 1 || x.shape[i] === 1)
    ? expand(x, whole)
    : makeNode("Tile", [x], { repeats: [...repeats] })
}

const split = (x: Node, sizes: ReadonlyArray<number>, axis: number): ReadonlyArray<Node> => {
  let begin = 0
  return sizes.map((size) => {
    const part = sliceAxis(x, axis, begin, size)
    begin += size
    return part
  })
}

/** What is at one side of each axis: `amounts` begin at the second, axes without one have none. */
const margins = (
  x: Node,
  amounts: ReadonlyArray<ReadonlyArray<number>>,
  side: 0 | 1,
): ReadonlyArray<number> => x.shape.map((_, i) => amounts[i - 1]?.[side] ?? 0)

const isEmpty = (x: Node): boolean => x.shape.includes(0)

/** Kernels that move elements, and those that make tensors from nothing. */
export const shapes: Kernels = {
  Reshape: kernel<tf.ReshapeInputs, tf.ReshapeAttrs>(({ x }, { shape }) =>
    reshape(x, tf.util.inferFromImplicitShape(shape, tf.util.sizeFromShape([...x.shape]))),
  ),
  ExpandDims: kernel<tf.ExpandDimsInputs, tf.ExpandDimsAttrs>(({ input }, { dim }) =>
    reshape(input, withAxis(input.shape, dim < 0 ? dim + input.shape.length + 1 : dim)),
  ),
  Transpose: kernel<tf.TransposeInputs, tf.TransposeAttrs>(({ x }, { perm }) => transpose(x, perm)),
  BroadcastTo: kernel<tf.BroadcastToInputs, tf.BroadCastToAttrs>(({ x }, { shape }) =>
    expand(x, shape),
  ),
  Tile: kernel<tf.TileInputs, tf.TileAttrs>(({ x }, { reps }) => tile(x, reps)),
  Slice: kernel<tf.SliceInputs, tf.SliceAttrs>(({ x }, { begin, size }) => {
    const [from, sizes] = tf.slice_util.parseSliceParams(asInfo(x), begin, size) as [
      Array<number>,
      Array<number>,
    ]
    return slice(x, from, sizes)
  }),
  StridedSlice: kernel<tf.StridedSliceInputs, tf.StridedSliceAttrs>(({ x }, a) => {
    const { finalShape, isIdentity, begin, end, strides } = tf.slice_util.sliceInfo(
      [...x.shape],
      a.begin,
      a.end,
      a.strides,
      a.beginMask,
      a.endMask,
      a.ellipsisMask,
      a.newAxisMask,
      a.shrinkAxisMask,
    )
    const sizes = tf.slice_util.computeOutShape(begin, end, strides)
    return reshape(isIdentity ? x : slice(x, begin, sizes, strides), finalShape)
  }),
  SplitV: kernel<tf.SplitVInputs, tf.SplitVAttrs>(({ x }, { numOrSizeSplits, axis }) => {
    const along = fromFront(axis, x)
    const sizes = tf.backend_util.prepareSplitSize(
      { shape: [...x.shape] } as tf.Tensor,
      numOrSizeSplits,
      along,
    )
    return split(x, sizes, along)
  }),
  Unpack: kernel<tf.UnpackInputs, tf.UnpackAttrs>(({ value }, attributes) => {
    const axis = fromFront(attributes.axis, value)
    const count = value.shape[axis]!
    const rest = value.shape.toSpliced(axis, 1)
    return Array.from({ length: count }, (_, i) => reshape(sliceAxis(value, axis, i, 1), rest))
  }),
  Pack: kernel<ReadonlyArray<tf.TensorInfo>, tf.PackAttrs>((parts, attributes) => {
    const rank = parts[0]!.shape.length
    const axis = attributes.axis < 0 ? attributes.axis + rank + 1 : attributes.axis
    return concat(
      parts.map((part) => reshape(part, withAxis(part.shape, axis))),
      axis,
    )
  }),
  Concat: kernel<ReadonlyArray<tf.TensorInfo>, tf.ConcatAttrs>((parts, attributes) => {
    const axis = fromFront(attributes.axis, parts[0]!)
    const full = parts.filter((part) => !isEmpty(part))
    return full.length === 0 ? concat(parts, axis) : concat(full, axis)
  }),
  PadV2: kernel<tf.PadV2Inputs, tf.PadV2Attrs>(({ x }, { paddings, constantValue }) =>
    pad(
      x,
      paddings.map(([before]) => before),
      paddings.map(([, after]) => after),
      constantValue,
    ),
  ),
  MirrorPad: kernel<tf.MirrorPadInputs, tf.MirrorPadAttrs>(({ x }, { paddings, mode }) =>
    paddings.reduce(
      (whole, amounts, axis) => mirror(whole, axis, amounts, mode === "symmetric"),
      x,
    ),
  ),
  SpaceToBatchND: kernel<tf.SpaceToBatchNDInputs, tf.SpaceToBatchNDAttrs>(
    ({ x }, { blockShape, paddings }) => {
      const { getReshaped, getPermuted, getReshapedPermuted } = tf.backend_util
      const cells = sizeOf(blockShape)
      const whole = pad(x, margins(x, paddings, 0), margins(x, paddings, 1), 0)
      const shape = [...whole.shape]
      const apart = reshape(whole, getReshaped(shape, blockShape, cells, false))
      const order = getPermuted(apart.shape.length, blockShape.length, false)
      return reshape(transpose(apart, order), getReshapedPermuted(shape, blockShape, cells, false))
    },
  ),
  BatchToSpaceND: kernel<tf.BatchToSpaceNDInputs, tf.BatchToSpaceNDAttrs>(
    ({ x }, { blockShape, crops }) => {
      const { getReshaped, getPermuted, getReshapedPermuted } = tf.backend_util
      const cells = sizeOf(blockShape)
      const apart = reshape(x, getReshaped([...x.shape], blockShape, cells))
      const order = getPermuted(apart.shape.length, blockShape.length)
      const whole = reshape(
        transpose(apart, order),
        getReshapedPermuted([...x.shape], blockShape, cells),
      )
      const [before, after] = [margins(x, crops, 0), margins(x, crops, 1)]
      return slice(
        whole,
        before,
        whole.shape.map((n, i) => n - before[i]! - after[i]!),
      )
    },
  ),
  Reverse: kernel<tf.ReverseInputs, tf.ReverseAttrs>(({ x }, { dims }) =>
    tf.util.parseAxisParam(dims, [...x.shape]).reduce(reversed, x),
  ),

  Diag: kernel<tf.DiagInputs>(({ x }) => {
    const size = sizeOf(x.shape)
    const places = counting(size)
    const onDiagonal = binary("Equal", reshape(places, [size, 1]), places)
    const values = where(onDiagonal, reshape(x, [size]), scalar(0, x.dtype))
    return reshape(values, [...x.shape, ...x.shape])
  }),

  Fill: kernel<object, tf.FillAttrs>((_, { shape, value, dtype }) =>
    uniform(Number(value), shape, dtype as "float32"),
  ),
  ZerosLike: kernel<tf.ZerosLikeInputs>(({ x }) => uniform(0, x.shape, x.dtype)),
  OnesLike: kernel<tf.OnesLikeInputs>(({ x }) => uniform(1, x.shape, x.dtype)),
  Range: kernel<object, tf.RangeAttrs>((_, { start, stop, step, dtype }) => {
    const empty = start === stop || (start < stop && step < 0) || (stop < start && step > 1)
    const size = empty ? 0 : Math.abs(Math.ceil((stop - start) / step))
    const values = Array.from({ length: size }, (_value, i) => start + i * step)
    return makeNode("Constant", [], { values, shape: [size], dtype })
  }),
  LinSpace: kernel<object, tf.LinSpaceAttrs>((_, { start, stop, num }) => {
    if (num === 1) return reshape(scalar(start), [1])
    const values = Array.from(
      { length: num },
      (_value, i) => start + (i * (stop - start)) / (num - 1),
    )
    return makeNode("Constant", [], { values, shape: [num], dtype: "float32" })
  }),
}

/** A node as TensorFlow.js' own helpers want it: they look at its shape only. */
const asInfo = (x: Node): tf.TensorInfo => ({ dataId: {}, shape: [...x.shape], dtype: x.dtype })
