import { sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { makeNode, type Node, type ReduceOp } from "../../Graph.ts"
import { cast, div, mul, pad, reduce, scalar, sliceAxis, uniform } from "../nodes.ts"
import { type Kernel, kernel, type Kernels } from "./Kernel.ts"

interface Axes {
  readonly axis: number | Array<number>
  readonly keepDims: boolean
}

const parse = (axis: number | Array<number>, { shape }: Node): ReadonlyArray<number> =>
  tf.util.parseAxisParam(axis, [...shape])

const reduction = (op: ReduceOp): Kernel =>
  kernel<tf.SumInputs, Axes>(({ x }, { axis, keepDims }) => reduce(op, x, parse(axis, x), keepDims))

const ofBools = (op: "ReduceAll" | "ReduceAny"): Kernel =>
  kernel<tf.AllInputs, Axes>(({ x }, { axis, keepDims }) =>
    reduce(op, cast(x, "bool"), parse(axis, x), keepDims),
  )

const best = (op: "ArgMax" | "ArgMin"): Kernel =>
  kernel<tf.ArgMaxInputs, tf.ArgMaxAttrs>(({ x }, { axis }) => {
    const [first = 0] = parse(axis, x)
    return makeNode(op, [x], { axis: first })
  })

interface Cumulative {
  readonly axis: number
  readonly exclusive: boolean
  readonly reverse: boolean
}

/** `x` moved along an axis by `by` places, ones coming in; backwards when `reverse`. */
const moved = (x: Node, axis: number, by: number, reverse: boolean): Node => {
  const size = x.shape[axis]!
  const kept = sliceAxis(x, axis, reverse ? by : 0, size - by)
  const ones = x.shape.map((_, i) => (i === axis ? by : 0))
  const none = x.shape.map(() => 0)
  return reverse ? pad(kept, none, ones, 1) : pad(kept, ones, none, 1)
}

/** Products of all elements up to each one, in ⌈log₂ size⌉ multiplications (Hillis and Steele, 1986). */
const cumulativeProduct = (x: Node, { axis, exclusive, reverse }: Cumulative): Node => {
  const size = x.shape[axis]!
  let product = exclusive && size > 0 ? moved(x, axis, 1, reverse) : x
  for (let by = 1; by < size; by *= 2) product = mul(product, moved(product, axis, by, reverse))
  return product
}

const fromFront = (axis: number, { shape }: Node): number => (axis < 0 ? axis + shape.length : axis)

/** Kernels that reduce axes, or accumulate along one. */
export const reductions: Kernels = {
  Sum: kernel<tf.SumInputs, tf.SumAttrs>(({ x }, { axis, keepDims }) =>
    reduce("ReduceSum", x.dtype === "bool" ? cast(x, "int32") : x, parse(axis, x), keepDims),
  ),
  Prod: kernel<tf.ProdInputs, tf.ProdAttrs>(({ x }, { axis, keepDims }) =>
    reduce("ReduceProd", x.dtype === "bool" ? cast(x, "int32") : x, parse(axis, x), keepDims),
  ),
  Max: kernel<tf.MaxInputs, tf.MaxAttrs>(({ x }, { reductionIndices, keepDims }) =>
    reduce("ReduceMax", x, parse(reductionIndices, x), keepDims),
  ),
  Min: reduction("ReduceMin"),
  All: ofBools("ReduceAll"),
  Any: ofBools("ReduceAny"),
  // Over the batch this divides by a number that depends on it: the tracer puts n there (batchSizes.ts).
  Mean: kernel<tf.MeanInputs, tf.MeanAttrs>(({ x }, { axis, keepDims }) => {
    const axes = parse(axis, x)
    const count = sizeOf(axes.map((i) => x.shape[i]!))
    return div(reduce("ReduceSum", cast(x, "float32"), axes, keepDims), scalar(count))
  }),
  ArgMax: best("ArgMax"),
  ArgMin: best("ArgMin"),
  Cumsum: kernel<tf.CumsumInputs, Cumulative>(({ x }, { axis, exclusive, reverse }) =>
    makeNode("CumSum", [x.dtype === "bool" ? cast(x, "int32") : x], {
      axis: fromFront(axis, x),
      exclusive,
      reverse,
    }),
  ),
  Cumprod: kernel<tf.CumprodInputs, Cumulative>(({ x }, attributes) =>
    cumulativeProduct(x.dtype === "bool" ? cast(x, "int32") : x, {
      ...attributes,
      axis: fromFront(attributes.axis, x),
    }),
  ),
}

/** `0 … size − 1`, also where the size is not known yet. */
export const counting = (size: number): Node =>
  makeNode("CumSum", [uniform(1, [size], "int32")], { axis: 0, exclusive: true, reverse: false })
