import type { TensorFunction } from "@pushforward/core"
import type { TypedNumbers } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import { kernels } from "../src/trace/kernels/index.ts"
import { expectAgreement, gradientsOf, spread } from "./agree.ts"

type T = tf.Tensor

interface Case {
  readonly f: TensorFunction
  readonly inputs: ReadonlyArray<TypedNumbers>
  /** False where TensorFlow.js has no gradient, or the result is whole numbers. */
  readonly gradient?: boolean
  /** The function also makes sense for a batch of unknown size. */
  readonly dynamic?: boolean
  readonly tolerance?: number
  /** The same function in a form that TensorFlow.js' cpu engine has, or has right. */
  readonly instead?: TensorFunction
}

const unary = (op: (x: T) => T, low = -2, high = 2, more: Partial<Case> = {}): Case => ({
  f: ([x]) => [op(x!)],
  inputs: [spread([4, 3], low, high)],
  gradient: true,
  dynamic: true,
  ...more,
})

const binary = (op: (a: T, b: T) => T, low = -2, high = 2, more: Partial<Case> = {}): Case => ({
  f: ([a, b, c, d]) => [op(a!, b!), op(a!, c!), op(c!, d!)],
  inputs: [
    spread([4, 3], low, high, 0),
    spread([4, 3], low, high, 1),
    spread([4, 1], low, high, 2),
    spread([4, 5], low, high, 3),
  ],
  gradient: true,
  dynamic: true,
  ...more,
})

/** For operations whose gradient in TensorFlow.js wants operands of one shape. */
const sameShapes = (op: (a: T, b: T) => T): Case => ({
  f: ([a, b]) => [op(a!, b!)],
  inputs: [spread([4, 3]), spread([4, 3], -2, 2, 1)],
  gradient: true,
  dynamic: true,
})

const bools = (x: T): T => tf.greater(x, 0)
const ints = (shape: ReadonlyArray<number>, values: ReadonlyArray<number>): TypedNumbers => ({
  shape,
  values,
  dtype: "int32",
})
const run = (name: string, inputs: object, attributes: object = {}): T =>
  tf.engine().runKernel<T>(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap)

const discrete = { gradient: false }

const cases: Readonly<Record<string, Case | ReadonlyArray<Case>>> = {
  Exp: unary(tf.exp),
  Expm1: unary(tf.expm1),
  Log: unary(tf.log, 0.1, 3),
  Log1p: unary(tf.log1p, -0.9, 3),
  Sqrt: unary(tf.sqrt, 0.1, 3),
  Rsqrt: unary(tf.rsqrt, 0.1, 3),
  Reciprocal: unary(tf.reciprocal, 0.2, 3),
  Tanh: unary(tf.tanh),
  Sigmoid: unary(tf.sigmoid),
  Softplus: unary(tf.softplus),
  Erf: unary(tf.erf),
  Sin: unary(tf.sin),
  Cos: unary(tf.cos),
  Tan: unary(tf.tan, -1, 1),
  Asin: unary(tf.asin, -0.9, 0.9),
  Acos: unary(tf.acos, -0.9, 0.9),
  Atan: unary(tf.atan),
  Sinh: unary(tf.sinh),
  Cosh: unary(tf.cosh),
  Asinh: unary(tf.asinh),
  Acosh: unary(tf.acosh, 1.1, 3),
  Atanh: unary(tf.atanh, -0.9, 0.9),
  Neg: unary(tf.neg),
  Abs: unary(tf.abs),
  Sign: unary(tf.sign),
  Floor: unary(tf.floor),
  Ceil: unary(tf.ceil),
  Round: [
    unary(tf.round),
    {
      f: ([x]) => [tf.round(x!)],
      inputs: [{ shape: [6], values: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5] }],
    },
  ],
  IsNan: unary((x) => tf.isNaN(tf.div(tf.relu(x), tf.relu(x))), -2, 2, discrete),
  IsInf: unary((x) => tf.isInf(tf.div(1, tf.relu(x))), -2, 2, discrete),
  IsFinite: unary((x) => tf.isFinite(tf.log(x)), -2, 2, discrete),
  Square: unary(tf.square),
  Relu: unary(tf.relu),
  Relu6: unary((x) => tf.relu6(tf.mul(x, 5))),
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.3)),
  Elu: unary(tf.elu),
  EluGrad: unary((x) => run("EluGrad", { dy: tf.cos(x), y: tf.elu(x) }), -2, 2, discrete),
  Selu: unary(tf.selu),
  Step: [
    unary((x) => tf.step(x, 0.25), -2, 2, discrete),
    unary((x) => tf.step(x), -2, 2, discrete),
  ],
  ClipByValue: unary((x) => tf.clipByValue(x, -1, 0.5)),
  Softmax: unary((x) => tf.softmax(x)),
  LogSoftmax: unary((x) => run("LogSoftmax", { logits: x }, { axis: -1 }), -2, 2, {
    gradient: false,
    instead: ([x]) => [tf.logSoftmax(x!)],
  }),
  Prelu: {
    f: ([x, a]) => [tf.prelu(x!, a!)],
    inputs: [spread([4, 3]), spread([3], 0.1, 0.5)],
    gradient: true,
  },
  FusedBatchNorm: {
    f: ([x, m, v, o, s]) => [tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D, o, s, 0.01)],
    inputs: [
      spread([4, 3]),
      spread([3]),
      spread([3], 0.5, 2),
      spread([3], 0, 1),
      spread([3], 1, 2),
    ],
    gradient: true,
  },

  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Multiply: [
    binary(tf.mul),
    { f: ([a, b]) => [tf.mul(a!, b!)], inputs: [ints([3], [4, -5, 1e5]), ints([3], [7, 3, 1e5])] },
  ],
  RealDiv: binary(tf.div, 0.3, 2),
  FloorDiv: [
    binary(tf.floorDiv, 0.3, 2, discrete),
    {
      f: ([a, b]) => [tf.div(a!, b!)],
      inputs: [ints([4], [7, -7, 7, -7]), ints([4], [2, 2, -2, -2])],
    },
  ],
  Mod: [
    binary(tf.mod, 0.3, 2),
    {
      f: ([a, b]) => [tf.mod(a!, b!)],
      inputs: [ints([4], [7, -7, 7, -7]), ints([4], [3, 3, -3, -3])],
    },
  ],
  Pow: [binary(tf.pow, 0.3, 2), unary((x) => tf.pow(x, tf.scalar(3, "int32")))],
  Maximum: [binary(tf.maximum, -2, 2, discrete), sameShapes(tf.maximum)],
  Minimum: [binary(tf.minimum, -2, 2, discrete), sameShapes(tf.minimum)],
  Atan2: binary(tf.atan2, 0.3, 2),
  SquaredDifference: [
    binary(tf.squaredDifference, -2, 2, discrete),
    sameShapes(tf.squaredDifference),
  ],
  Equal: binary((a, b) => tf.equal(tf.round(a), tf.round(b)), -2, 2, discrete),
  NotEqual: binary((a, b) => tf.notEqual(tf.round(a), tf.round(b)), -2, 2, discrete),
  Less: binary(tf.less, -2, 2, discrete),
  LessEqual: binary(tf.lessEqual, -2, 2, discrete),
  Greater: binary(tf.greater, -2, 2, discrete),
  GreaterEqual: binary(tf.greaterEqual, -2, 2, discrete),
  LogicalAnd: binary((a, b) => tf.logicalAnd(bools(a), bools(b)), -2, 2, discrete),
  LogicalOr: binary((a, b) => tf.logicalOr(bools(a), bools(b)), -2, 2, discrete),
  LogicalXor: binary((a, b) => run("LogicalXor", { a: bools(a), b: bools(b) }), -2, 2, {
    gradient: false,
    instead: ([a, b, c, d]) =>
      [
        [a, b],
        [a, c],
        [c, d],
      ].map(([x, y]) => tf.logicalXor(bools(x!), bools(y!))),
  }),
  LogicalNot: unary((x) => tf.logicalNot(bools(x)), -2, 2, discrete),
  AddN: {
    f: ([a, b]) => [tf.addN([a!, b!, a!])],
    inputs: [spread([4, 3]), spread([4, 3], -1, 1, 2)],
    gradient: true,
    dynamic: true,
  },
  Cast: [
    unary((x) => tf.cast(tf.cast(tf.mul(x, 10), "int32"), "float32"), -2, 2, discrete),
    unary((x) => tf.cast(x, "bool"), -2, 2, discrete),
    unary((x) => tf.mul(x, tf.cast(bools(x), "float32"))),
  ],
  Identity: unary(tf.clone),
  Select: [
    binary((a, b) => tf.where(tf.less(a, b), tf.exp(a), b)),
    // TensorFlow.js has no kernel for bands.
    {
      f: ([x]) => [tf.linalg.bandPart(x!, 1, 0), tf.linalg.bandPart(x!, 0, -1)],
      inputs: [spread([2, 3, 4])],
      gradient: true,
    },
    {
      f: ([a, b]) => [
        run("Select", {
          condition: tf.greater(tf.reshape(tf.slice(a!, [0, 0], [-1, 1]), [4]), 0),
          t: a!,
          e: b!,
        }),
      ],
      instead: ([a, b]) => [tf.where(tf.greater(tf.slice(a!, [0, 0], [-1, 1]), 0), a!, b!)],
      inputs: [spread([4, 3]), spread([4, 3], -2, 2, 1)],
    },
  ],

  Sum: [
    unary((x) => tf.sum(x)),
    unary((x) => tf.sum(x, 0)),
    unary((x) => tf.sum(x, -1, true)),
    unary((x) => tf.sum(bools(x), [1]), -2, 2, discrete),
    {
      f: ([x]) => [tf.sum(x!, [0, 2]), tf.sum(x!, 1)],
      inputs: [spread([2, 3, 4])],
      gradient: true,
    },
  ],
  Prod: [
    unary((x) => tf.prod(x, 1), 0.5, 2, discrete),
    // Its gradient calls chained methods, which core alone does not have.
    { f: ([x]) => [tf.prod(x!)], inputs: [spread([4], 0.5, 2)] },
  ],
  Mean: [
    unary((x) => tf.mean(x)),
    unary((x) => tf.mean(x, 0)),
    unary((x) => tf.mean(x, [1], true)),
  ],
  Max: [unary((x) => tf.max(x)), unary((x) => tf.max(x, 0)), unary((x) => tf.max(x, [1], true))],
  Min: [unary((x) => tf.min(x)), unary((x) => tf.min(x, 0)), unary((x) => tf.min(x, [1], true))],
  All: unary((x) => tf.all(bools(tf.add(x, 1.5)), 1), -2, 2, discrete),
  Any: unary((x) => tf.any(bools(tf.sub(x, 1.5)), [0], true), -2, 2, discrete),
  ArgMax: [
    unary((x) => tf.argMax(x, 1), -2, 2, discrete),
    unary((x) => tf.argMax(x, 0), -2, 2, discrete),
  ],
  ArgMin: unary((x) => tf.argMin(x, -1), -2, 2, discrete),
  Cumsum: [
    unary((x) => tf.cumsum(x, 1)),
    unary((x) => tf.cumsum(x, 0), -2, 2, discrete),
    unary((x) => tf.cumsum(x, 1, true, true)),
    unary((x) => tf.cumsum(x, 1, false, true)),
    { f: ([x]) => [tf.cumsum(x!, 0)], inputs: [spread([5])], gradient: true, dynamic: true },
  ],
  Cumprod: [
    unary((x) => tf.cumprod(x, 1), -2, 2, discrete),
    unary((x) => tf.cumprod(x, 1, true), -2, 2, discrete),
    unary((x) => tf.cumprod(x, 1, true, true), -2, 2, discrete),
    { f: ([x]) => [tf.cumprod(x!, 0, false, true)], inputs: [spread([7])] },
  ],

  Reshape: unary((x) => tf.reshape(x, [-1])),
  ExpandDims: [unary((x) => tf.expandDims(x, 1)), unary((x) => tf.expandDims(x, -1))],
  Transpose: [
    unary((x) => tf.transpose(x)),
    { f: ([x]) => [tf.transpose(x!, [1, 2, 0])], inputs: [spread([2, 3, 4])], gradient: true },
  ],
  BroadcastTo: {
    f: ([x]) => [run("BroadcastTo", { x: x! }, { shape: [2, 4, 3], inputShape: [4, 3] })],
    instead: ([x]) => [tf.broadcastTo(x!, [2, 4, 3])],
    inputs: [spread([4, 3])],
  },
  Tile: [
    unary((x) => tf.tile(x, [2, 3])),
    { f: ([x]) => [tf.broadcastTo(x!, [2, 4, 3])], inputs: [spread([4, 1])], gradient: true },
  ],
  Slice: [
    unary((x) => tf.slice(x, [0, 1], [-1, 2])),
    {
      f: ([x]) => [tf.slice(x!, [1, 0, 2], [1, -1, 2])],
      inputs: [spread([2, 3, 4])],
      gradient: true,
    },
  ],
  StridedSlice: [
    {
      f: ([x]) => [tf.stridedSlice(x!, [0, 0], [5, 6], [2, 3])],
      inputs: [spread([5, 6])],
      gradient: false,
    },
    {
      f: ([x]) => [tf.stridedSlice(x!, [4, 5], [0, 0], [-2, -1])],
      inputs: [spread([5, 6])],
      gradient: false,
    },
    {
      f: ([x]) => [tf.stridedSlice(x!, [1, 0], [2, 6], [1, 1], 0, 0, 0, 0, 1)],
      inputs: [spread([5, 6])],
    },
    unary((x) => tf.stridedSlice(x, [0, 0], [0, 3], [1, 2], 1, 1), -2, 2, discrete),
  ],
  SplitV: [
    {
      f: ([x]) => tf.split(x!, [1, 2, 3], 1),
      inputs: [spread([4, 6])],
      gradient: true,
      dynamic: true,
    },
    { f: ([x]) => tf.split(x!, 3, -1), inputs: [spread([4, 6])], gradient: true, dynamic: true },
  ],
  Unpack: {
    f: ([x]) => tf.unstack(x!, -1),
    inputs: [spread([4, 3])],
    gradient: true,
    dynamic: true,
  },
  Pack: {
    f: ([a, b]) => [tf.stack([a!, b!], 1), tf.stack([a!, b!], -1)],
    inputs: [spread([4, 3]), spread([4, 3], -2, 2, 1)],
    gradient: true,
    dynamic: true,
  },
  Concat: [
    {
      f: ([a, b]) => [tf.concat([a!, b!], 1), tf.concat([a!, b!, a!], -1)],
      inputs: [spread([4, 3]), spread([4, 2], -2, 2, 1)],
      gradient: true,
      dynamic: true,
    },
    {
      f: ([a, b]) => [tf.concat([a!, b!], 0)],
      inputs: [spread([4, 3]), spread([4, 3], -2, 2, 1)],
      gradient: true,
      dynamic: true,
    },
    { f: ([a]) => [tf.concat([a!, tf.zeros([0])])], inputs: [spread([3])] },
  ],
  PadV2: unary((x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [1, 2],
      ],
      0.5,
    ),
  ),
  MirrorPad: [
    {
      f: ([x]) => [
        tf.mirrorPad(
          x!,
          [
            [1, 2],
            [2, 0],
          ],
          "reflect",
        ),
      ],
      inputs: [spread([4, 3])],
    },
    {
      f: ([x]) => [
        tf.mirrorPad(
          x!,
          [
            [1, 2],
            [2, 0],
          ],
          "symmetric",
        ),
      ],
      inputs: [spread([4, 3])],
    },
  ],
  SpaceToBatchND: [
    {
      f: ([x]) => [tf.spaceToBatchND(x!, [2], [[1, 2]])],
      inputs: [spread([2, 3, 2])],
      gradient: true,
      dynamic: true,
    },
    {
      f: ([x]) => [
        tf.spaceToBatchND(
          x!,
          [2, 3],
          [
            [0, 1],
            [1, 0],
          ],
        ),
      ],
      inputs: [spread([2, 3, 5, 2])],
      gradient: true,
      dynamic: true,
    },
  ],
  BatchToSpaceND: [
    {
      f: ([x]) => [tf.batchToSpaceND(x!, [2], [[1, 2]])],
      inputs: [spread([4, 3, 2])],
      gradient: true,
    },
    {
      f: ([x]) => [
        tf.batchToSpaceND(
          x!,
          [2, 3],
          [
            [0, 1],
            [1, 0],
          ],
        ),
      ],
      inputs: [spread([12, 3, 2, 2])],
      gradient: true,
    },
    {
      f: ([x]) => {
        const blocks = tf.spaceToBatchND(x!, [3], [[0, 1]])
        return [tf.batchToSpaceND(tf.square(blocks), [3], [[2, 0]])]
      },
      inputs: [spread([4, 5])],
      gradient: true,
      dynamic: true,
    },
  ],
  // TensorFlow.js has no gradient.
  Diag: [
    { f: ([x]) => [tf.diag(x!)], inputs: [spread([4])], dynamic: true },
    {
      f: ([x]) => [tf.diag(x!), tf.diag(bools(x!)), tf.diag(tf.cast(x!, "int32"))],
      inputs: [spread([3, 2])],
      dynamic: true,
    },
  ],
  Reverse: [
    unary((x) => tf.reverse(x, -1)),
    { f: ([x]) => [tf.reverse(x!, [0, 1])], inputs: [spread([4, 3])], gradient: true },
  ],
  Fill: unary((x) => tf.mul(tf.fill(x.shape, 0.5), x)),
  ZerosLike: unary((x) => tf.add(tf.zerosLike(x), x)),
  OnesLike: unary((x) => tf.add(tf.onesLike(x), x)),
  Range: [
    {
      f: ([x]) => [tf.mul(x!, tf.range(0, 3)), tf.range(5, 1, -2, "int32")],
      inputs: [spread([4, 3])],
    },
    { f: () => [tf.range(1, 0, 0.5), tf.range(0, 1, 0.3), tf.range(0, 0)], inputs: [] },
  ],
  LinSpace: {
    f: ([x]) => [tf.mul(x!, tf.linspace(-1, 1, 3)), tf.linspace(2, 5, 1)],
    inputs: [spread([4, 3])],
  },

  GatherV2: [
    {
      f: ([x, i]) => [tf.gather(x!, i as tf.Tensor1D)],
      inputs: [spread([4, 3]), ints([3], [2, 0, 2])],
      gradient: true,
    },
    {
      f: ([x, i]) => [tf.gather(x!, i as tf.Tensor1D, 1)],
      inputs: [spread([4, 3]), ints([2], [2, 0])],
      gradient: true,
    },
    {
      f: ([x, i]) => [tf.gather(x!, i as tf.Tensor1D, -1)],
      inputs: [spread([2, 2, 3]), ints([2, 2], [2, 0, 1, 1])],
    },
    {
      f: ([x, i]) => [tf.gather(x!, i as tf.Tensor1D, 1, 1)],
      inputs: [spread([4, 3, 2]), ints([4, 2], [2, 0, 1, 1, 0, 0, 2, 2])],
      dynamic: true,
    },
    {
      f: ([x, i]) => [tf.gather(x!, i as tf.Tensor1D, 2, 1)],
      inputs: [spread([2, 4, 3, 2]), ints([2, 2], [2, 0, 1, 1])],
    },
  ],
  GatherNd: {
    f: ([x, i]) => [tf.gatherND(x!, i!)],
    inputs: [spread([4, 3, 2]), ints([3, 2], [3, 0, 1, 2, 0, 0])],
  },
  ScatterNd: [
    {
      f: ([i, u]) => [tf.scatterND(i!, u!, [5, 2])],
      inputs: [ints([3, 1], [4, 1, 4]), spread([3, 2])],
    },
    {
      f: ([i, u]) => [tf.scatterND(i!, u!, [2, 3])],
      inputs: [ints([3, 2], [1, 1, 0, 2, 1, 1]), spread([3])],
    },
    {
      f: ([i, u]) => [tf.scatterND(i!, u!, [5, 2])],
      inputs: [ints([3], [4, 1, 4]), spread([3, 2])],
    },
  ],
  // TensorFlow.js has no gradient.
  TensorScatterUpdate: (
    [
      [spread([4, 2]), ints([4, 1], [3, 1, 3, 0]), spread([4, 2], 3, 5)],
      [spread([5, 2]), ints([3], [2, 2, 2]), spread([3, 2], 3, 5)],
      [spread([2, 3]), ints([4, 2], [1, 1, 0, 2, 1, 1, 0, 0]), spread([4], 3, 5)],
      [spread([2, 3, 2]), ints([2, 1, 2], [1, 1, 0, 2]), spread([2, 1, 2], 3, 5)],
      [spread([3]), ints([0, 1], []), spread([0])],
      [ints([3], [1, 2, 3]), ints([2, 1], [2, 0]), ints([2], [-7, 8])],
    ] as const
  ).map((inputs, i): Case => ({
    f: ([x, places, updates]) => [tf.tensorScatterUpdate(x!, places!, updates!)],
    inputs,
    dynamic: i === 0,
  })),
  UnsortedSegmentSum: {
    f: ([x, i]) => [tf.unsortedSegmentSum(x!, i as tf.Tensor1D, 3)],
    inputs: [spread([4, 3]), ints([4], [2, 0, -1, 2])],
    gradient: true,
    dynamic: true,
  },
  OneHot: {
    f: ([i]) => [
      tf.oneHot(i!, 3),
      tf.oneHot(i!, 3, 2, -1, "float32"),
      tf.oneHot(i!, 3, 1, 0, "bool"),
    ],
    inputs: [ints([4], [2, 0, 5, 1])],
    dynamic: true,
  },
  SearchSorted: {
    f: ([v]) => {
      const steps = tf.tensor2d([
        [0, 1, 1, 3],
        [-1, 0, 2, 2],
      ])
      return [tf.searchSorted(steps, v!), tf.searchSorted(steps, v!, "right")]
    },
    inputs: [{ shape: [2, 3], values: [1, 0.5, 4, 2, -2, 0] }],
  },

  BatchMatMul: [
    {
      f: ([a, b]) => [
        tf.matMul(a!, b!),
        tf.matMul(a!, tf.mul(a!, 0.5), true),
        tf.matMul(b!, tf.mul(b!, 2), false, true),
      ],
      inputs: [spread([4, 3]), spread([3, 2])],
      gradient: true,
    },
    {
      f: ([a, b]) => [tf.matMul(a!, b!)],
      inputs: [spread([2, 4, 3]), spread([2, 3, 2], -1, 1, 4)],
      gradient: true,
      dynamic: true,
    },
    {
      f: ([a, b]) => [tf.matMul(a!, b!), tf.matMul(b!, a!, true, true)],
      inputs: [spread([2, 4, 3]), spread([1, 3, 2], -1, 1, 4)],
    },
    {
      f: ([a, b]) => [tf.matMul(a!, b!, true, true)],
      inputs: [spread([2, 3, 4]), spread([2, 5, 3], -1, 1, 4)],
      gradient: true,
    },
  ],
  _FusedMatMul: (["relu", "relu6", "elu", "sigmoid", "linear"] as const).map(
    (activation): Case => ({
      f: ([a, b, bias]) => [tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation })],
      inputs: [spread([4, 3]), spread([3, 2], -1, 1, 3), spread([2])],
      gradient: activation !== "linear" ? activation !== "sigmoid" : true,
    }),
  ),
  Einsum: [
    {
      f: ([a, b]) => [
        tf.einsum("ij,jk->ik", a!, b!),
        tf.einsum("ij,jk->i", a!, b!),
        tf.einsum("ij->j", a!),
      ],
      inputs: [spread([4, 3]), spread([3, 2], -1, 1, 3)],
    },
    {
      f: ([a, b]) => [tf.einsum("bij,bjk->bki", a!, b!), tf.einsum("bij,bjk->b", a!, b!)],
      inputs: [spread([2, 4, 3]), spread([2, 3, 2], -1, 1, 3)],
    },
  ],
}

/** A convolution that is tried with its two gradients, which are kernels of their own. */
const conv = (
  strides: number | [number, number],
  pad: "same" | "valid" | number,
  more: Partial<Case> & { readonly dilations?: number; readonly format?: "NHWC" | "NCHW" } = {},
): Case => ({
  f: ([x, w]) => [
    tf.conv2d(
      x as tf.Tensor4D,
      w as tf.Tensor4D,
      strides,
      pad,
      more.format ?? "NHWC",
      more.dilations ?? 1,
    ),
  ],
  inputs: [
    spread(more.format === "NCHW" ? [2, 2, 6, 5] : [2, 6, 5, 2]),
    spread([3, 2, 2, 3], -1, 1, 3),
  ],
  gradient: true,
  ...more,
})

const pool = (
  op: typeof tf.avgPool,
  size: [number, number],
  strides: number,
  pad: "same" | "valid",
): Case => ({
  f: ([x]) => [op(x as tf.Tensor4D, size, strides, pad)],
  inputs: [spread([2, 6, 5, 2])],
  gradient: true,
  dynamic: true,
})

/** The same of a depthwise convolution, with two outputs of each channel. */
const depthwise = (
  strides: number | [number, number],
  pad: "same" | "valid" | number,
  more: Partial<Case> & { readonly dilations?: number; readonly outputs?: number } = {},
): Case => ({
  f: ([x, w]) => [
    tf.depthwiseConv2d(
      x as tf.Tensor4D,
      w as tf.Tensor4D,
      strides,
      pad,
      "NHWC",
      more.dilations ?? 1,
    ),
  ],
  inputs: [spread([2, 6, 5, 3]), spread([3, 2, 3, more.outputs ?? 2], -1, 1, 3)],
  gradient: true,
  ...more,
})

const activations = ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const

/** A convolution with a bias and every activation. TensorFlow.js fuses gradients of the linear ones only. */
const fusedConv = (
  op: typeof tf.fused.depthwiseConv2d,
  channels: number,
  strides: number,
  pad: "same" | "valid",
): ReadonlyArray<Case> =>
  activations.map((activation) => ({
    f: ([x, filter, bias, slopes]) => [
      op({
        x: x as tf.Tensor4D,
        filter: filter as tf.Tensor4D,
        strides,
        pad,
        bias: bias!,
        activation,
        ...(slopes ? { preluActivationWeights: slopes } : {}),
        ...(activation === "leakyrelu" ? { leakyreluAlpha: 0.3 } : {}),
      }),
    ],
    inputs: [
      spread([2, 6, 5, 2]),
      spread([3, 2, 2, 2], -1, 1, 3),
      spread([channels]),
      ...(activation === "prelu" ? [spread([channels], 0.1, 0.5, 2)] : []),
    ],
    gradient: true,
  }))

const nchw = (x: T): tf.Tensor4D => tf.transpose(x as tf.Tensor4D, [0, 3, 1, 2])
const nhwc = (x: T): tf.Tensor4D => tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1])

const convolutions: Readonly<Record<string, ReadonlyArray<Case>>> = {
  Conv2D: [
    conv(1, "same"),
    conv(1, "valid"),
    conv([2, 1], "same"),
    conv([2, 3], "valid"),
    conv(1, 1),
    conv(1, "valid", { dilations: 2, gradient: false }),
    conv(2, "same", { format: "NCHW" }),
    {
      f: ([x]) => [
        tf.conv2d(
          x as tf.Tensor4D,
          tf.tensor4d([1, -2, 3, 0.5, 1, 2, -1, 4], [2, 1, 2, 2]),
          [2, 1],
          "same",
        ),
      ],
      inputs: [spread([2, 6, 5, 2])],
      gradient: true,
      dynamic: true,
    },
  ],
  FusedConv2D: [
    ...fusedConv(tf.fused.conv2d, 2, 1, "same"),
    ...fusedConv(tf.fused.conv2d, 2, 2, "valid").slice(0, 1),
    {
      f: ([x, w]) => [
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: w as tf.Tensor4D,
          strides: 1,
          pad: "same",
          dilations: 2,
        }),
      ],
      inputs: [spread([2, 6, 5, 2]), spread([3, 2, 2, 3], -1, 1, 3)],
    },
    {
      f: ([x, w, bias, slopes]) => [
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: w as tf.Tensor4D,
          strides: 2,
          pad: "same",
          dataFormat: "NCHW",
          bias: bias!,
          activation: "prelu",
          preluActivationWeights: slopes!,
        }),
      ],
      inputs: [
        spread([2, 2, 6, 5]),
        spread([3, 2, 2, 3], -1, 1, 3),
        spread([3]),
        spread([3], 0.1, 0.5, 2),
      ],
    },
  ],
  DepthwiseConv2dNative: [
    depthwise(1, "same"),
    depthwise(1, "valid", { outputs: 1 }),
    depthwise([2, 1], "same"),
    depthwise([2, 3], "valid"),
    depthwise(1, 1, { outputs: 3 }),
    depthwise(1, "valid", { dilations: 2, gradient: false }),
    depthwise(1, "same", { dilations: 2, gradient: false }),
    // TensorFlow.js' cpu engine takes any image for one with its channels last.
    depthwise(2, "same", {
      f: ([x, w]) => [tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, "same", "NCHW")],
      instead: ([x, w]) => [nchw(tf.depthwiseConv2d(nhwc(x!), w as tf.Tensor4D, 2, "same"))],
      inputs: [spread([2, 3, 6, 5]), spread([3, 2, 3, 2], -1, 1, 3)],
      gradient: false,
    }),
    {
      f: ([x]) => [
        tf.depthwiseConv2d(
          x as tf.Tensor4D,
          tf.tensor4d([1, -2, 3, 0.5, 1, 2, -1, 4], [2, 1, 2, 2]),
          [2, 1],
          "same",
        ),
      ],
      inputs: [spread([2, 6, 5, 2])],
      gradient: true,
      dynamic: true,
    },
  ],
  FusedDepthwiseConv2D: [
    ...fusedConv(tf.fused.depthwiseConv2d, 4, 1, "same"),
    ...fusedConv(tf.fused.depthwiseConv2d, 4, 2, "valid").slice(0, 1),
  ],
  MaxPool: [pool(tf.maxPool, [2, 2], 2, "valid"), pool(tf.maxPool, [3, 2], 1, "same")],
  AvgPool: [pool(tf.avgPool, [2, 2], 2, "valid"), pool(tf.avgPool, [3, 2], 1, "same")],
}

/** Kernels that gradients call, tried with the operation that they belong to. */
const tiedGradients = [
  "Conv2DBackpropFilter",
  "Conv2DBackpropInput",
  "DepthwiseConv2dNativeBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
  "MaxPoolGrad",
  "AvgPoolGrad",
]

/** Kernels that only `scan` calls, tried with it. */
const loops = ["ScanStart", "Scan"]

describe("kernels", () => {
  it("each that is covered is tried here", () => {
    const tried = [...Object.keys({ ...cases, ...convolutions }), ...tiedGradients, ...loops]
    expect(tried.toSorted()).toEqual(Object.keys(kernels).toSorted())
  })

  const all = Object.entries({ ...cases, ...convolutions }).flatMap(([name, listed]) => {
    const list = Array.isArray(listed) ? (listed as ReadonlyArray<Case>) : [listed as Case]
    return list.map((each, i) => ({
      ...each,
      label: list.length > 1 ? `${name} (${i + 1})` : name,
    }))
  })

  for (const { label, f, inputs, dynamic = false, tolerance = 2e-5, instead } of all) {
    it(`${label}: agrees with the cpu engine`, () => {
      for (const batch of dynamic ? [false, true] : [false]) {
        expectAgreement(switching(f, instead), inputs, { tolerance, dynamic: batch })
      }
    })
  }

  for (const { label, f, inputs, dynamic = false, tolerance = 2e-5 } of all.filter(
    (c) => c.gradient,
  )) {
    it(`${label}: its gradient agrees with the cpu engine`, () => {
      for (const batch of dynamic ? [false, true] : [false]) {
        expectAgreement(gradientsOf(f, inputs), inputs, {
          tolerance: 10 * tolerance,
          dynamic: batch,
        })
      }
    })
  }
})

/** `f` while tracing, `instead` on the engine that is compared with. */
const switching =
  (f: TensorFunction, instead: TensorFunction = f): TensorFunction =>
  (inputs) =>
    (tf.getBackend() === "cpu" ? instead : f)(inputs)
