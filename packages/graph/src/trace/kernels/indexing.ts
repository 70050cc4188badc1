import { type Shape, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { makeNode, type Node } from "../../Graph.ts"
import {
  add,
  binary,
  cast,
  concat,
  mul,
  reduce,
  reshape,
  scalar,
  sub,
  transpose,
  where,
} from "../nodes.ts"
import { kernel, type Kernels } from "./Kernel.ts"
import { counting } from "./reductions.ts"

const gather = (x: Node, places: Node, axis: number): Node =>
  makeNode("Gather", [x, places], { axis })

/** Takes along the first axis after `batchDims` axes that `x` and `places` share, one set of places for each. */
const gatherBatched = (x: Node, places: Node, batchDims: number): Node => {
  const batch = x.shape.slice(0, batchDims)
  const [count, ...rest] = x.shape.slice(batchDims) as [number, ...ReadonlyArray<number>]
  const cells = sizeOf(batch)
  const ofCell = mul(counting(cells), scalar(count, "int32"))
  const each = reshape(places, [cells, sizeOf(places.shape.slice(batchDims))])
  const flat = gather(
    reshape(x, [cells * count, ...rest]),
    add(each, reshape(ofCell, [cells, 1])),
    0,
  )
  return reshape(flat, [...places.shape, ...rest])
}

/** The place in row-major order of each index vector, along the last axis of `indices`, in a shape. */
const flatPlaces = (indices: Node, shape: Shape): Node => {
  const steps = shape.map((_, i) => sizeOf(shape.slice(i + 1)))
  const weights = makeNode("Constant", [], { values: steps, shape: [steps.length], dtype: "int32" })
  return reduce(
    "ReduceSum",
    mul(cast(indices, "int32"), weights),
    [indices.shape.length - 1],
    false,
  )
}

/** Which rows of a tensor of this shape `indices` mean, of how many, and the shape of one. */
const targets = (
  indices: Node,
  shape: Shape,
): { readonly places: Node; readonly count: number; readonly rest: Shape } => {
  // A vector holds places along the first axis.
  const vectors = indices.shape.length > 1 ? indices : reshape(indices, [sizeOf(indices.shape), 1])
  const depth = vectors.shape.at(-1)!
  const indexed = shape.slice(0, depth)
  const places = flatPlaces(vectors, indexed)
  return {
    places: reshape(places, [sizeOf(places.shape)]),
    count: sizeOf(indexed),
    rest: shape.slice(depth),
  }
}

/** Kernels that take or put elements at given places. */
export const indexing: Kernels = {
  GatherV2: kernel<tf.GatherV2Inputs, tf.GatherV2Attrs>(({ x, indices }, { axis, batchDims }) => {
    const along = tf.util.parseAxisParam(axis, [...x.shape])[0]!
    const places = cast(indices, "int32")
    if (!batchDims) return gather(x, places, along)
    // The axis goes to the front of what is not batch, and its places back to where it was.
    const order = x.shape.map((_, i) => i)
    const toFront = [
      ...order.slice(0, batchDims),
      along,
      ...order.slice(batchDims).filter((i) => i !== along),
    ]
    const taken = gatherBatched(transpose(x, toFront), places, batchDims)
    const width = indices.shape.length - batchDims
    const between = along - batchDims
    const axes = taken.shape.map((_, i) => i)
    return transpose(taken, [
      ...axes.slice(0, batchDims),
      ...axes.slice(batchDims + width, batchDims + width + between),
      ...axes.slice(batchDims, batchDims + width),
      ...axes.slice(batchDims + width + between),
    ])
  }),
  GatherNd: kernel<tf.GatherNdInputs>(({ params, indices }) => {
    const depth = indices.shape.at(-1)!
    const [indexed, rest] = [params.shape.slice(0, depth), params.shape.slice(depth)]
    return gather(reshape(params, [sizeOf(indexed), ...rest]), flatPlaces(indices, indexed), 0)
  }),
  ScatterNd: kernel<tf.ScatterNdInputs, tf.ScatterNdAttrs>(({ indices, updates }, { shape }) => {
    const { places, count, rest } = targets(indices, shape)
    const rows = reshape(updates, [...places.shape, ...rest])
    return reshape(makeNode("ScatterAdd", [rows, places], { count }), shape)
  }),
  // Of several updates of one place the last has it: each is compared with all others at once.
  TensorScatterUpdate: kernel<tf.TensorScatterUpdateInputs>(({ tensor, indices, updates }) => {
    const { places, count, rest } = targets(indices, tensor.shape)
    const size = places.shape[0]!
    const each = counting(size)
    const same = binary("Equal", reshape(places, [size, 1]), places)
    const later = binary("Less", reshape(each, [size, 1]), each)
    const outdone = reduce("ReduceAny", binary("And", same, later), [1], false)
    // The last update of each place, counted from one; zero where there is none.
    const order = where(outdone, scalar(0, "int32"), add(each, scalar(1, "int32")))
    const last = makeNode("ScatterAdd", [order, places], { count })
    const rows = concat([reshape(updates, [size, ...rest]), reshape(tensor, [count, ...rest])], 0)
    const from = where(
      binary("Greater", last, scalar(0, "int32")),
      sub(last, scalar(1, "int32")),
      add(counting(count), scalar(size, "int32")),
    )
    return reshape(gather(rows, from, 0), tensor.shape)
  }),
  UnsortedSegmentSum: kernel<tf.UnsortedSegmentSumInputs, tf.UnsortedSegmentSumAttrs>(
    ({ x, segmentIds }, { numSegments }) =>
      makeNode("ScatterAdd", [x, cast(segmentIds, "int32")], { count: numSegments }),
  ),
  OneHot: kernel<tf.OneHotInputs, tf.OneHotAttrs>(
    ({ indices }, { depth, onValue, offValue, dtype }) => {
      const places = reshape(cast(indices, "int32"), [...indices.shape, 1])
      const columns = makeNode("Constant", [], {
        values: Array.from({ length: depth }, (_, i) => i),
        shape: [depth],
        dtype: "int32",
      })
      const hot = binary("Equal", places, columns)
      const to = dtype as "float32"
      return onValue === 1 && offValue === 0
        ? cast(hot, to)
        : where(hot, scalar(onValue, to), scalar(offValue, to))
    },
  ),
  // The number of elements below each value: all comparisons at once, no search.
  SearchSorted: kernel<tf.SearchSortedInputs, tf.SearchSortedAttrs>(
    ({ sortedSequence, values }, { side }) => {
      const [rows, length] = sortedSequence.shape as [number, number]
      const steps = reshape(sortedSequence, [rows, 1, length])
      const each = reshape(values, [rows, values.shape[1]!, 1])
      const below = binary(side === "left" ? "Less" : "LessOrEqual", steps, each)
      return reduce("ReduceSum", cast(below, "int32"), [2], false)
    },
  ),
}
