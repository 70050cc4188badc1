/**
 * Random graphs of every operation, rich in what the simplifier looks for.
 */
import { sameShape, type Shape, sizeOf } from "@pushforward/core"
import {
  type DType,
  type Graph,
  GraphError,
  makeNode,
  type Node,
  type OpAttributes,
  type OpName,
} from "@pushforward/graph"
import fc from "fast-check"

/** Stands for the unknown size in graphs that have one. */
export const dynamicSize = 1009

/** What the unknown size is when such a graph runs. */
export const actualSize = 3

/** A graph, and numbers for each of its inputs. */
export interface GraphCase {
  readonly graph: Graph
  readonly inputs: ReadonlyArray<ReadonlyArray<number>>
}

/** A choice in a step that cannot be made: the step is left out. */
class Skipped extends Error {}

/**
 * How far a value can be trusted to be the same, bit for bit, after a rewrite that is allowed to change last bits or the
 * sign of a zero. Operations that jump or blow up take only what cannot change.
 */
type Grade = "given" | "exact" | "rough"

const grades: ReadonlyArray<Grade> = ["given", "exact", "rough"]

const worst = (nodes: ReadonlyArray<Grade>): Grade =>
  grades[Math.max(0, ...nodes.map((grade) => grades.indexOf(grade)))]!

/** Operations of which results are exact when their inputs are: whole quarters stay sums of powers of two. */
const exactOps: ReadonlySet<OpName> = new Set([
  "Neg",
  "Abs",
  "Sign",
  "Floor",
  "Ceil",
  "Round",
  "IsNaN",
  "IsInf",
  "Not",
  "Add",
  "Sub",
  "Mul",
  "Max",
  "Min",
  "Equal",
  "Less",
  "LessOrEqual",
  "Greater",
  "GreaterOrEqual",
  "And",
  "Or",
  "Xor",
  "Cast",
  "Where",
  "MatMul",
  "ReduceSum",
  "ReduceMax",
  "ReduceMin",
  "ReduceAll",
  "ReduceAny",
  "Concat",
  "Pad",
  "ScatterAdd",
  "CumSum",
  "ArgMax",
  "ArgMin",
] as const)

const movingOps: ReadonlySet<OpName> = new Set([
  "Reshape",
  "Transpose",
  "Expand",
  "Slice",
  "Tile",
  "Gather",
] as const)

/** Makes the choices of one step from its numbers, and nodes from choices. */
class Builder {
  readonly pool: Array<Node> = []
  readonly inputs: Array<Node<"Input">> = []
  readonly #grades = new Map<Node, Grade>()
  readonly #depths = new Map<Node, number>()
  #numbers: ReadonlyArray<number> = []
  #place = 0

  readonly dynamic: number | undefined

  constructor(dynamic: number | undefined) {
    this.dynamic = dynamic
  }

  begin(numbers: ReadonlyArray<number>): void {
    this.#numbers = numbers
    this.#place = 0
  }

  int(count: number): number {
    const number = this.#numbers[this.#place++ % this.#numbers.length]!
    return (number + this.#place) % count
  }

  from<A>(choices: ReadonlyArray<A>): A {
    if (choices.length === 0) throw new Skipped()
    return choices[this.int(choices.length)]!
  }

  input(shape: Shape, dtype: DType): Node<"Input"> {
    const node = makeNode("Input", [], { name: `x${this.inputs.length}`, shape, dtype })
    this.inputs.push(node)
    this.pool.push(node)
    return node
  }

  constant(values: ReadonlyArray<number>, shape: Shape, dtype: DType = "float32"): Node {
    return this.op("Constant", [], { values, shape, dtype })
  }

  scalar(value: number, dtype: DType = "float32"): Node {
    return this.constant([value], [], dtype)
  }

  op<K extends OpName>(op: K, inputs: ReadonlyArray<Node>, attributes: OpAttributes[K]): Node {
    const node = makeNode(op, inputs, attributes)
    const depth = Math.max(0, ...inputs.map((input) => this.#depths.get(input) ?? 0))
    const deeper = depth + (op === "Mul" || op === "MatMul" ? 1 : 0)
    const from = worst(inputs.map((input) => this.grade(input)))
    const grade =
      op === "Constant" || movingOps.has(op)
        ? from
        : exactOps.has(op) && deeper < 6
          ? worst([from, "exact"])
          : "rough"
    this.#grades.set(node, grade)
    this.#depths.set(node, deeper)
    return node
  }

  binary(op: "Add" | "Sub" | "Mul" | "Div" | "Max" | "Min" | "Pow", a: Node, b: Node): Node {
    return this.op(op, [a, b], {})
  }

  unary(op: "Neg" | "Tanh" | "Abs" | "Exp" | "Not" | "Reciprocal" | "Cos", x: Node): Node {
    return this.op(op, [x], {})
  }

  grade(node: Node): Grade {
    return this.#grades.get(node) ?? "given"
  }

  known(size: number): boolean {
    return this.dynamic === undefined || size === 0 || size % this.dynamic !== 0
  }

  /** A node of the pool that fits. */
  any(fits: (node: Node) => boolean = () => true): Node {
    return this.from(this.pool.filter(fits))
  }

  float(fits: (node: Node) => boolean = () => true): Node {
    return this.any((node) => node.dtype === "float32" && fits(node))
  }

  like(shape: Shape): Node {
    return this.float((node) => sameShape(node.shape, shape))
  }

  axis(x: Node): number {
    if (x.shape.length === 0) throw new Skipped()
    return this.int(x.shape.length)
  }

  knownAxis(x: Node): number {
    return this.from(x.shape.flatMap((n, i) => (this.known(n) && n > 0 ? [i] : [])))
  }

  axes(x: Node): ReadonlyArray<number> {
    const mask = this.int(2 ** x.shape.length)
    return x.shape.flatMap((_, i) => ((mask >> i) & 1 ? [i] : []))
  }

  number(): number {
    return this.from([0, 1, -1, 2, 3, 0.5, -0.25, 4, -3])
  }

  /** A mask of zeros and ones. */
  mask(shape: Shape): Node {
    if (!shape.every((n) => this.known(n))) return this.scalar(this.int(2))
    const bits = this.int(2 ** 20)
    return this.constant(
      Array.from({ length: sizeOf(shape) }, (_, i) => (bits >> (i % 20)) & 1),
      shape,
    )
  }

  reshaped(x: Node): Node {
    const { shape } = x
    const i = this.int(shape.length + 1)
    const merged = shape.slice(0, -2).concat(sizeOf(shape.slice(-2)))
    const options: ReadonlyArray<Shape> = [
      [...shape.slice(0, i), 1, ...shape.slice(i)],
      shape.filter((n) => n !== 1),
      ...(shape.length >= 2 ? [merged] : []),
      ...(shape.length === 1 && shape[0]! % 2 === 0 ? [[2, shape[0]! / 2]] : []),
      [1, ...shape],
      shape,
    ]
    return this.op("Reshape", [x], { shape: this.from(options) })
  }

  transposed(x: Node): Node {
    const axes = x.shape.map((_, i) => i)
    const permutation: Array<number> = []
    while (axes.length > 0) permutation.push(...axes.splice(this.int(axes.length), 1))
    return this.op("Transpose", [x], { permutation })
  }

  expanded(x: Node): Node {
    const shape = x.shape.map((n) => (n === 1 ? this.from([1, 2, 3]) : n))
    const isFixed = x.shape.every((n) => this.known(n))
    const front = this.from([[], [2], [3], ...(this.dynamic && isFixed ? [[this.dynamic]] : [])])
    return this.op("Expand", [x], { shape: x.shape.length < 3 ? [...front, ...shape] : shape })
  }

  sliced(x: Node): Node {
    const parts = x.shape.map((n) => {
      // An axis of unknown size has no last element to begin from.
      if (!this.known(n) || n === 0) return { begin: 0, size: n, stride: 1 }
      const stride = this.from([1, 1, 1, -1, -1, 2])
      const begin = stride === -1 ? n - 1 - this.int(2) * (n > 1 ? 1 : 0) : this.int(n)
      const most = stride === -1 ? begin + 1 : Math.ceil((n - begin) / stride)
      return { begin, size: this.int(3) ? most : 1 + this.int(most), stride }
    })
    return this.op("Slice", [x], {
      begin: parts.map(({ begin }) => begin),
      sizes: parts.map(({ size }) => size),
      strides: parts.map(({ stride }) => stride),
    })
  }

  /** All of `x` but `from … to` of one axis. */
  range(x: Node, axis: number, from: number, to: number): Node {
    return this.op("Slice", [x], {
      begin: x.shape.map((_, i) => (i === axis ? from : 0)),
      sizes: x.shape.map((n, i) => (i === axis ? to - from : n)),
      strides: x.shape.map(() => 1),
    })
  }

  padded(x: Node, axis: number, before: number, after: number, value = 0): Node {
    const along = (n: number): Shape => x.shape.map((_, i) => (i === axis ? n : 0))
    return this.op("Pad", [x], { before: along(before), after: along(after), value })
  }

  sum(x: Node, axes: ReadonlyArray<number>, keepDims = false): Node {
    return this.op("ReduceSum", [x], { axes, keepDims })
  }
}

type Template = (b: Builder) => Node

const smooth = [
  "Tanh",
  "Sigmoid",
  "Softplus",
  "Erf",
  "Sin",
  "Cos",
  "Atan",
  "Asinh",
  "Neg",
  "Abs",
  "Exp",
  "Expm1",
  "Sinh",
  "Cosh",
] as const
const exactly = ["Sign", "Floor", "Ceil", "Round", "IsNaN", "IsInf"] as const
const singular = [
  "Log",
  "Log1p",
  "Sqrt",
  "Reciprocal",
  "Tan",
  "Asin",
  "Acos",
  "Acosh",
  "Atanh",
] as const
const reduces = ["ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin"] as const
const comparisons = ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"] as const

/** Any operation on anything that fits. */
const operations: Readonly<Record<string, Template>> = {
  smooth: (b) => b.op(b.from(smooth), [b.float()], {}),
  exactly: (b) => b.op(b.from(exactly), [b.float((x) => b.grade(x) !== "rough")], {}),
  singular: (b) => b.op(b.from(singular), [b.float((x) => b.grade(x) === "given")], {}),
  arithmetic: (b) => b.binary(b.from(["Add", "Sub", "Mul", "Max", "Min"]), b.float(), b.float()),
  division: (b) =>
    b.op(
      b.from(["Div", "Pow", "Atan2", "Mod", "FloorDiv"]),
      [b.float((x) => b.grade(x) === "given"), b.float((x) => b.grade(x) === "given")],
      {},
    ),
  comparison: (b) =>
    b.op(
      b.from(comparisons),
      [b.float((x) => b.grade(x) !== "rough"), b.float((x) => b.grade(x) !== "rough")],
      {},
    ),
  logic: (b) =>
    b.op(
      b.from(["And", "Or", "Xor"]),
      [b.any((x) => x.dtype === "bool"), b.any((x) => x.dtype === "bool")],
      {},
    ),
  not: (b) => b.op("Not", [b.any((x) => x.dtype === "bool")], {}),
  where: (b) => b.op("Where", [b.any((x) => x.dtype === "bool"), b.float(), b.float()], {}),
  cast: (b) =>
    b.op("Cast", [b.any((x) => x.dtype !== "float32")], { to: b.from(["float32", "int32"]) }),
  castFloat: (b) => b.op("Cast", [b.float()], { to: "float32" }),
  matMul: (b) =>
    b.op("MatMul", [b.float((x) => x.shape.length >= 2), b.float((x) => x.shape.length >= 2)], {
      transposeA: b.int(2) === 0,
      transposeB: b.int(2) === 0,
    }),
  reshape: (b) => b.reshaped(b.any()),
  transpose: (b) => b.transposed(b.any()),
  expand: (b) => b.expanded(b.any()),
  slice: (b) => b.sliced(b.any()),
  concat: (b) => {
    const x = b.float()
    const axis = b.knownAxis(x)
    const fits = (y: Node): boolean =>
      y.shape.length === x.shape.length && sameShape(y.shape.with(axis, 0), x.shape.with(axis, 0))
    return b.op("Concat", [x, b.float(fits), b.float(fits)].slice(0, 1 + b.int(3)), { axis })
  },
  pad: (b) => {
    const x = b.float()
    return b.padded(x, b.knownAxis(x), b.int(3), b.int(3), b.from([0, 0, 1]))
  },
  tile: (b) => {
    const x = b.any()
    return b.op("Tile", [x], { repeats: x.shape.map((n) => (b.known(n) ? b.from([1, 1, 2]) : 1)) })
  },
  gather: (b) => {
    const x = b.any()
    const axis = b.knownAxis(x)
    const places = Array.from({ length: b.from([1, 2, 3]) }, () => b.int(x.shape[axis]!))
    return b.op("Gather", [x, b.constant(places, [places.length], "int32")], { axis })
  },
  scatterAdd: (b) => {
    const x = b.float((each) => each.shape.length > 0 && b.known(each.shape[0]!))
    const count = 3
    const places = Array.from({ length: x.shape[0]! }, () => b.int(count))
    return b.op("ScatterAdd", [x, b.constant(places, [places.length], "int32")], { count })
  },
  cumSum: (b) => {
    const x = b.float()
    return b.op("CumSum", [x], {
      axis: b.axis(x),
      exclusive: b.int(2) === 0,
      reverse: b.int(2) === 0,
    })
  },
  argument: (b) => {
    const x = b.float((each) => b.grade(each) !== "rough")
    return b.op(b.from(["ArgMax", "ArgMin"]), [x], { axis: b.knownAxis(x) })
  },
  reduce: (b) => {
    const x = b.float()
    return b.op(b.from(reduces), [x], { axes: b.axes(x), keepDims: b.int(2) === 0 })
  },
  reduceLogic: (b) => {
    const x = b.any((each) => each.dtype === "bool")
    return b.op(b.from(["ReduceAll", "ReduceAny"]), [x], {
      axes: b.axes(x),
      keepDims: b.int(2) === 0,
    })
  },
  constant: (b) => {
    const shape = b.from<Shape>([[], [3], [2, 3], [1, 3], [6]])
    const value = b.number()
    return b.constant(
      b.int(2) ? [value] : Array.from({ length: sizeOf(shape) }, () => b.number()),
      shape,
    )
  },
}

/** What passes look for. The inner nodes are new, so used once. */
const patterns: Readonly<Record<string, Template>> = {
  constants: (b) =>
    b.binary(b.from(["Add", "Mul"]), operations["constant"]!(b), operations["constant"]!(b)),
  uniform: (b) => {
    const x = b.constant([b.number()], b.from<Shape>([[2, 3], [4], [1, 3]]))
    return b.from([
      () => b.reshaped(x),
      () => b.sliced(x),
      () => b.expanded(x),
      () => b.sum(x, b.axes(x)),
      () => b.unary("Neg", x),
      () => b.constant([2, 2, 2, 2, 2, 2], [2, 3]),
      () => b.op("ReduceMax", [x], { axes: b.axes(x), keepDims: true }),
    ])()
  },
  castOfBool: (b) =>
    b.op("Cast", [b.op("Cast", [b.any((x) => x.dtype === "bool")], { to: "int32" })], {
      to: "float32",
    }),
  moved: (b) => {
    const move = (x: Node): Node =>
      b.from([() => b.reshaped(x), () => b.transposed(x), () => b.expanded(x), () => b.sliced(x)])()
    return move(move(b.any()))
  },
  reshapes: (b) => b.reshaped(b.reshaped(b.any())),
  transposes: (b) => b.transposed(b.transposed(b.any())),
  expands: (b) => b.expanded(b.expanded(b.any())),
  expandOfReshape: (b) => {
    const x = b.any()
    return b.expanded(b.op("Reshape", [x], { shape: [1, ...x.shape] }))
  },
  slices: (b) => b.sliced(b.sliced(b.any())),
  reversed: (b) => {
    const x = b.any()
    const axis = b.knownAxis(x)
    const reverse = (y: Node): Node =>
      b.op("Slice", [y], {
        begin: y.shape.map((n, i) => (i === axis ? n - 1 : 0)),
        sizes: y.shape,
        strides: y.shape.map((_, i) => (i === axis ? -1 : 1)),
      })
    return reverse(reverse(x))
  },
  wholeSlice: (b) => {
    const x = b.any()
    return b.op("Slice", [x], {
      begin: x.shape.map(() => 0),
      sizes: x.shape,
      strides: x.shape.map(() => 1),
    })
  },
  concats: (b) => {
    const x = b.float()
    const axis = b.knownAxis(x)
    const inner = b.op("Concat", [x, b.unary("Tanh", x)], { axis })
    return b.op("Concat", b.int(2) ? [inner, x] : [x, inner], { axis })
  },
  concatWithNothing: (b) => {
    const x = b.float()
    const axis = b.knownAxis(x)
    return b.op("Concat", [b.range(b.unary("Tanh", x), axis, 0, 0), x], { axis })
  },
  tileByOnes: (b) => {
    const x = b.any()
    return b.op("Tile", [x], { repeats: x.shape.map((n) => (n === 1 ? 1 + b.int(3) : 1)) })
  },
  pads: (b) => {
    const x = b.float()
    return b.padded(
      b.padded(x, b.knownAxis(x), b.int(2), b.int(2)),
      b.knownAxis(x),
      b.int(3),
      b.int(3),
    )
  },
  progression: (b) => {
    const x = b.any()
    const axis = b.knownAxis(x)
    const n = x.shape[axis]!
    const places = Array.from({ length: n }, (_, i) => i)
    return b.op("Gather", [x, b.constant(b.int(2) ? places : places.toReversed(), [n], "int32")], {
      axis,
    })
  },
  expandInto: (b) => {
    const x = b.float()
    const y = b.expanded(x)
    const z = b.int(2) ? b.like(y.shape) : b.scalar(b.number())
    return b.binary(b.from(["Add", "Mul", "Sub"]), y, z)
  },
  expandBoth: (b) => b.binary("Mul", b.expanded(b.like([3])), b.expanded(b.like([3]))),
  functionOfExpand: (b) => b.unary(b.from(["Tanh", "Exp", "Neg"]), b.expanded(b.float())),
  castOfExpand: (b) =>
    b.op("Cast", [b.expanded(b.any((x) => x.dtype === "bool"))], { to: "float32" }),
  sliceOfExpand: (b) => b.sliced(b.expanded(b.float((x) => x.shape.length < 2))),
  expandIntoProduct: (b) => {
    const x = b.op("Expand", [b.like([2, 3])], { shape: [2, 2, 3] })
    const y = b.op("Expand", [b.like([2, 3])], {
      shape: b.from([
        [2, 2, 3],
        [1, 2, 3],
      ]),
    })
    return b.op("MatMul", [x, y], { transposeA: false, transposeB: true })
  },
  fullConstant: (b) => {
    const x = b.float((each) => each.shape.length > 0)
    return b.binary(b.from(["Add", "Mul", "Sub", "Max"]), x, b.constant([b.number()], x.shape))
  },
  neutral: (b) => {
    const x = b.float()
    const [zero, one, minusOne] = [b.scalar(0), b.scalar(1), b.scalar(-1)]
    return b.from([
      () => b.binary("Add", x, zero),
      () => b.binary("Add", zero, x),
      () => b.binary("Sub", x, zero),
      () => b.binary("Sub", zero, x),
      () => b.binary("Mul", x, one),
      () => b.binary("Mul", one, x),
      () => b.binary("Div", x, one),
      () => b.binary("Pow", x, one),
      () => b.binary("Mul", x, minusOne),
      () => b.binary("Div", x, minusOne),
      () => b.unary("Neg", b.unary("Neg", x)),
      () => b.binary("Pow", x, b.scalar(2)),
      () => b.binary("Add", x, x),
      () => b.binary("Max", x, x),
      () => b.unary("Abs", b.unary("Abs", x)),
      () => {
        const size = b.unary("Abs", x)
        return b.binary("Mul", size, size)
      },
      () => b.binary("Mul", x, b.constant([1], [2, ...x.shape])),
    ])()
  },
  reciprocals: (b) => {
    const [x, y] = [
      b.float((each) => b.grade(each) === "given"),
      b.float((each) => b.grade(each) === "given"),
    ]
    return b.from([
      () => b.binary("Pow", y, b.scalar(-1)),
      () => b.binary("Div", b.scalar(1), y),
      () => b.binary("Mul", x, b.unary("Reciprocal", y)),
      () => b.binary("Mul", b.unary("Reciprocal", y), x),
      () => b.binary("Div", x, b.unary("Reciprocal", y)),
    ])()
  },
  quotients: (b) =>
    b.binary(
      "Div",
      b.float(),
      b.int(2) ? b.scalar(b.from([3, -0.1, 1e30, 0])) : b.constant([1, 2, 3], [3]),
    ),
  signs: (b) => {
    const [x, y] = [b.float(), b.float()]
    const [minusX, minusY, c] = [
      b.unary("Neg", x),
      b.unary("Neg", y),
      b.scalar(b.from([2, -3, 0.5])),
    ]
    return b.from([
      () => b.binary("Add", x, minusY),
      () => b.binary("Add", minusX, y),
      () => b.binary("Sub", x, minusY),
      () => b.unary("Neg", b.binary("Sub", x, y)),
      () => b.binary("Sub", minusX, y),
      () => b.binary("Mul", minusX, minusY),
      () => b.binary("Mul", minusX, c),
      () => b.binary("Mul", c, minusX),
      () => b.binary("Div", minusX, c),
      () => b.unary("Neg", b.binary("Mul", x, c)),
      () => b.unary("Neg", b.binary("Mul", c, x)),
      () => b.binary("Mul", minusX, y),
      () => b.binary("Mul", x, minusY),
      () => b.unary("Tanh", minusX),
      () => b.unary("Abs", minusX),
      () => b.unary("Cos", minusX),
      () => b.reshaped(minusX),
      () => b.transposed(minusX),
      () => b.sliced(minusX),
      () => b.sum(minusX, b.axes(x)),
    ])()
  },
  factors: (b) => {
    const [x, c, d] = [b.float(), b.scalar(b.from([2, -3, 0.1])), b.scalar(b.from([0.5, 7, 1 / 3]))]
    return b.from([
      () => b.binary("Mul", b.binary("Mul", x, c), d),
      () => b.binary("Mul", c, b.binary("Mul", d, x)),
      () => b.binary("Mul", b.binary("Mul", x, c), b.float()),
      () => b.sum(b.binary("Mul", x, c), b.axes(x)),
      () => b.binary("Mul", b.binary("Mul", x, b.float()), c),
      () =>
        b.binary(
          "Mul",
          b.binary(
            "Div",
            b.binary("Mul", x, c),
            b.float((y) => b.grade(y) === "given"),
          ),
          d,
        ),
    ])()
  },
  choices: (b) => {
    const [x, y, c] = [b.float(), b.float(), b.any((each) => each.dtype === "bool")]
    return b.from([
      () => b.op("Where", [b.scalar(b.int(2), "bool"), x, y], {}),
      () => b.op("Where", [c, x, x], {}),
      () => b.op("Where", [b.unary("Not", c), x, y], {}),
      () => b.unary("Not", b.unary("Not", c)),
      () => b.op("And", [c, b.scalar(b.int(2), "bool")], {}),
      () => b.op("Or", [c, b.scalar(b.int(2), "bool")], {}),
      () => b.op("And", [c, c], {}),
    ])()
  },
  masked: (b) => {
    const x = b.float((each) => each.shape.length > 0 && each.shape.every((n) => b.known(n)))
    const mask = b.mask(x.shape)
    const once = b.binary("Mul", x, mask)
    return b.from([
      () => b.binary("Mul", once, mask),
      () => b.binary("Mul", mask, once),
      () => b.binary("Mul", b.binary("Add", once, b.binary("Mul", mask, b.like(x.shape))), mask),
      () =>
        b.binary(
          "Mul",
          b.binary("Sub", b.unary("Neg", once), b.binary("Mul", once, b.float())),
          mask,
        ),
      () => b.binary("Mul", once, b.mask(x.shape)),
      // Not masked: exp(0) is 1.
      () => b.binary("Mul", b.unary("Exp", b.unary("Tanh", once)), mask),
      () =>
        b.binary(
          "Mul",
          b.op("Cast", [b.any((each) => each.dtype === "bool")], { to: "float32" }),
          x,
        ),
    ])()
  },
  maskSquared: (b) => {
    const mask = b.op("Cast", [b.any((each) => each.dtype === "bool")], { to: "float32" })
    return b.binary("Mul", mask, mask)
  },
  splitAndJoin: (b) => {
    const x = b.float()
    const axis = b.knownAxis(x)
    const n = x.shape[axis]!
    const cut = b.int(n)
    const parts = [b.range(x, axis, 0, cut), b.range(x, axis, cut, n)]
    return b.op("Concat", b.int(4) ? parts : parts.toReversed(), { axis })
  },
  sliceOfConcat: (b) => {
    const x = b.float()
    const axis = b.knownAxis(x)
    const n = x.shape[axis]!
    const joined = b.op("Concat", [x, b.unary("Tanh", x), b.unary("Neg", x)], { axis })
    return b.from([
      () => b.range(joined, axis, n, 2 * n),
      () => b.range(joined, axis, 0, 2 * n),
      () => b.range(joined, axis, n, 2 * n - 1),
      () => b.sliced(joined),
    ])()
  },
  sumOfPads: (b) => {
    const x = b.float()
    const axis = b.knownAxis(x)
    const n = x.shape[axis]!
    const [gap, end] = [b.int(3), b.int(2)]
    const parts = [
      b.padded(x, axis, 0, n + gap + end),
      b.padded(b.unary("Tanh", x), axis, n + gap, end),
    ]
    const sum = b.op("Add", b.int(2) ? parts : parts.toReversed(), {})
    return b.from([
      () => sum,
      () => b.binary("Add", sum, b.padded(x, axis, n, n + gap + end - n)),
    ])()
  },
  sumOfNestedPads: (b) => {
    const x = b.float()
    const axis = b.knownAxis(x)
    const n = x.shape[axis]!
    const outer = b.padded(b.op("Concat", [x, b.unary("Tanh", x)], { axis }), axis, 1, 1)
    const before = 1 + b.int(n + 1)
    const inner = b.padded(b.unary("Neg", x), axis, before, n + 2 - before)
    const add = (one: Node, other: Node): Node =>
      b.op("Add", b.int(2) ? [one, other] : [other, one], {})
    return b.from([
      () => add(outer, inner),
      () => add(add(b.unary("Cos", b.padded(x, axis, 1, n + 1)), outer), inner),
    ])()
  },
  sliceOfPad: (b) => {
    const x = b.float()
    const axis = b.knownAxis(x)
    const n = x.shape[axis]!
    return b.range(b.padded(x, axis, 1, 2), axis, b.int(2), 1 + n)
  },
  sumOfPad: (b) => {
    const x = b.float()
    const axis = b.knownAxis(x)
    return b.sum(b.padded(x, axis, 1, b.int(2)), [axis])
  },
  transposedProduct: (b) => {
    const swap = (x: Node): Node =>
      b.op("Transpose", [x], { permutation: x.shape.length === 2 ? [1, 0] : [0, 2, 1] })
    const [x, y] = [
      b.float(({ shape }) => shape.length === 2),
      b.float(({ shape }) => shape.length === 2),
    ]
    return b.from([
      () =>
        b.op("MatMul", [swap(x), y], { transposeA: b.int(2) === 0, transposeB: b.int(2) === 0 }),
      () =>
        b.op("MatMul", [x, swap(y)], { transposeA: b.int(2) === 0, transposeB: b.int(2) === 0 }),
      () =>
        swap(b.op("MatMul", [x, y], { transposeA: b.int(2) === 0, transposeB: b.int(2) === 0 })),
    ])()
  },
  rowsOfProduct: (b) => {
    const x = b.float(({ shape }) => shape.length >= 2 && shape.at(-1) === 3)
    const rows = b.op("Reshape", [x], { shape: [sizeOf(x.shape) / 3, 3] })
    const product = b.op("MatMul", [rows, b.like([2, 3])], { transposeA: false, transposeB: true })
    return b.op("Reshape", [product], { shape: [...x.shape.slice(0, -1), 2] })
  },
  bias: (b) =>
    b.binary(
      "Add",
      b.like([3]),
      b.op("MatMul", [b.like([2, 3]), b.like([3, 3])], { transposeA: false, transposeB: false }),
    ),
  sums: (b) => {
    const x = b.float()
    const [reduce, keepDims] = [b.from(["ReduceSum", "ReduceMax"] as const), b.int(2) === 0]
    const inner = b.op(reduce, [x], { axes: b.axes(x), keepDims })
    return b.op(reduce, [inner], { axes: b.axes(inner), keepDims: b.int(2) === 0 })
  },
  sumAndBack: (b) => {
    const x = b.float((each) => each.shape.length > 0)
    const axis = b.axis(x)
    return b.op("Reshape", [b.sum(x, [axis])], { shape: x.shape.with(axis, 1) })
  },
  sumOfExpand: (b) => {
    const x = b.expanded(b.float())
    return b.sum(x, b.int(2) ? b.axes(x) : x.shape.map((_, i) => i), b.int(2) === 0)
  },
  sumOfTranspose: (b) => {
    const x = b.transposed(b.float())
    return b.sum(x, b.axes(x))
  },
  sumOfAll: (b) => {
    const x = b.reshaped(b.float((each) => each.shape.length > 0))
    return b.sum(
      x,
      x.shape.map((_, i) => i),
    )
  },
  sumsOfSame: (b) => {
    const x = b.float()
    const [y, axes, keepDims] = [b.like(x.shape), b.axes(x), b.int(2) === 0]
    return b.binary(b.from(["Add", "Sub"]), b.sum(x, axes, keepDims), b.sum(y, axes, keepDims))
  },
  concatOfOperations: (b) => {
    const vector = (): Node => b.float(({ shape }) => shape.length === 1 && b.known(shape[0]!))
    const op = b.from(["Add", "Sub", "Mul", "Max"] as const)
    const other = b.from([
      () => b.scalar(b.number()),
      () => b.like([]),
      () => b.constant([1, 2, 3], [3]),
      vector,
    ])
    const part = (): Node =>
      b.from([
        () => b.binary(op, vector(), other()),
        () => b.binary(op, vector(), other()),
        () => vector(),
        () => b.constant([2, 2], [2]),
        () => b.unary("Tanh", vector()),
        () => b.op("Reshape", [b.binary("Mul", b.like([2, 3]), b.mask([2, 3]))], { shape: [6] }),
      ])()
    const parts = Array.from({ length: 2 + b.int(5) }, part)
    if (parts.some(({ shape }) => shape.length !== 1)) throw new Skipped()
    return b.op("Concat", parts, { axis: 0 })
  },
  concatOfSums: (b) => {
    const vector = (): Node => b.float(({ shape }) => shape.length === 1 && b.known(shape[0]!))
    const op = b.from(["Add", "Sub", "Mul", "Div", "Max", "Min"] as const)
    const parts = Array.from({ length: 4 }, () =>
      b.binary(op, vector(), b.scalar(b.from([2, 3, -0.5]))),
    )
    return b.op("Concat", [...parts, vector()], { axis: 0 })
  },
  concatOfFunctions: (b) => {
    const op = b.from(["Tanh", "Neg", "Exp", "Reciprocal"] as const)
    const part = (): Node =>
      b.op(
        op,
        [b.float((x) => x.shape.length === 1 && b.known(x.shape[0]!) && b.grade(x) === "given")],
        {},
      )
    const parts = Array.from({ length: 3 + b.int(2) }, part)
    return b.op("Concat", [...parts, ...(b.int(2) ? [b.constant([1], [1])] : [])], { axis: 0 })
  },
  concatOfNumbers: (b) => {
    const part = (): Node =>
      b.int(4)
        ? b.op("Expand", [b.float(({ shape }) => sizeOf(shape) === 1 && shape.length < 2)], {
            shape: [2],
          })
        : b.constant([b.number()], [1])
    return b.op("Concat", Array.from({ length: 3 + b.int(4) }, part), { axis: 0 })
  },
  concatOfConstants: (b) =>
    b.op("Concat", [b.constant([1, 2], [2]), b.constant([b.number()], [1]), b.like([3])], {
      axis: 0,
    }),
  concatOfSlices: (b) => {
    const x = b.like([6])
    const parts = Array.from({ length: 4 }, () => {
      const from = b.int(6)
      return b.range(x, 0, from, from + 1)
    })
    return b.op("Concat", parts, { axis: 0 })
  },
  ownPlaces: (b) => {
    const x = b.like([6])
    return b.op(
      "Concat",
      [b.range(x, 0, 0, 2), b.constant([b.number(), 7], [2]), b.range(x, 0, 4, 6)],
      { axis: 0 },
    )
  },
  scaledSlices: (b) => {
    const x = b.unary("Tanh", b.like([6]))
    const parts = [b.range(x, 0, 0, 2), b.range(x, 0, 2, 3), b.range(x, 0, 3, 6)]
    const [first, second, third] = parts as [Node, Node, Node]
    const products = [
      b.binary("Mul", first, b.constant([1, 0], [2])),
      second,
      b.binary("Mul", b.int(2) ? b.constant([0.5, 0, 1], [3]) : b.scalar(3), third),
    ]
    return b.sum(b.unary("Exp", b.op("Concat", products.toReversed(), { axis: 0 })), [0])
  },
  sumOfSums: (b) => {
    const x = b.float(({ shape }) => shape.length === 2 && shape.every((n) => b.known(n)))
    const y = b.like(x.shape)
    const axis = b.int(2)
    const [first, second] = [b.sum(x, [axis]), b.sum(b.unary("Tanh", y), [axis])]
    const scaled = b.int(2)
      ? [first, second]
      : [first, second].map((sum) => b.binary("Mul", sum, b.scalar(-3)))
    const middle = b.binary(
      b.from(["Add", "Sub"]),
      scaled[0]!,
      b.float(({ shape }) => shape.length < 2),
    )
    return b.binary(b.from(["Add", "Sub"]), middle, scaled[1]!)
  },
  productThere: (b) => {
    const x = b.float()
    const [y, z] = [b.like(x.shape), b.unary("Tanh", b.like(x.shape))]
    const there = b.from([() => b.binary("Mul", x, z), () => b.binary("Mul", z, y)])()
    const product = b.binary("Mul", b.int(2) ? b.binary("Mul", x, y) : b.binary("Mul", y, x), z)
    return b.binary("Add", b.unary("Tanh", there), product)
  },
  twice: (b) => {
    const [x, y] = [b.float(), b.float()]
    return b.binary(
      "Sub",
      b.unary("Tanh", b.binary("Add", x, y)),
      b.unary("Tanh", b.binary("Add", y, x)),
    )
  },
}

// Patterns of many variants count as often as they have a few of them.
const templates = [
  ...Array.from({ length: 8 }, () => patterns["signs"]!),
  ...["neutral", "factors", "masked", "choices", "reciprocals"].flatMap((name) => [
    patterns[name]!,
    patterns[name]!,
  ]),

  ...Object.values(operations),
  ...Object.values(patterns),
  ...Object.values(patterns),
]

const maxElements = 400

const elementsOf = ({ shape }: Node): number =>
  sizeOf(shape.map((n) => (n !== 0 && n % dynamicSize === 0 ? (n / dynamicSize) * actualSize : n)))

/** Numbers that stay exact under sums and products, and now and then what is no number. */
const arbitraryValue: fc.Arbitrary<number> = fc.oneof(
  { weight: 30, arbitrary: fc.integer({ min: -12, max: 12 }).map((n) => n / 4 + 0) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity) },
)

const build = (steps: ReadonlyArray<ReadonlyArray<number>>, hasDynamic: boolean): Graph => {
  const b = new Builder(hasDynamic ? dynamicSize : undefined)
  b.input([2, 3], "float32")
  b.input([3], "float32")
  b.input([1, 3], "float32")
  b.input([], "float32")
  b.input([2, 3], "bool")
  b.input(hasDynamic ? [dynamicSize, 3] : [3, 3], "float32")
  b.input([6], "float32")
  b.input([3], "bool")
  for (const numbers of steps) {
    b.begin(numbers)
    try {
      const node = b.from(templates)(b)
      // n · n is no multiple of n that a size can stand for. Only the result is looked at: templates keep to one.
      const isLinear = sizeOf(node.shape) % dynamicSize ** 2 !== 0 || sizeOf(node.shape) === 0
      if (elementsOf(node) <= maxElements && node.shape.length <= 4 && isLinear) b.pool.push(node)
    } catch (error) {
      if (!(error instanceof Skipped || error instanceof GraphError)) throw error
    }
  }
  const used = new Set(b.pool.flatMap((node) => node.inputs))
  const results = b.pool.filter((node) => !used.has(node) && node.op !== "Input")
  return {
    inputs: b.inputs,
    outputs: results.length > 0 ? results : [b.inputs[0]!],
    ...(hasDynamic && { dynamic: dynamicSize }),
  }
}

/**
 * Random well-formed graphs of every operation, half of them with an unknown size, and numbers to run them on.
 */
export const arbitraryGraph: fc.Arbitrary<GraphCase> = fc
  .record({
    steps: fc.array(fc.array(fc.nat(2 ** 30), { minLength: 8, maxLength: 8 }), {
      minLength: 1,
      maxLength: 24,
    }),
    hasDynamic: fc.boolean(),
    values: fc.array(arbitraryValue, { minLength: 60, maxLength: 60 }),
  })
  .map(({ steps, hasDynamic, values }) => {
    const graph = build(steps, hasDynamic)
    let place = 0
    return {
      graph,
      inputs: graph.inputs.map((input) =>
        Array.from({ length: elementsOf(input) }, () => {
          const value = values[place++ % values.length]!
          return input.dtype === "bool" ? Number(value > 0) : value
        }),
      ),
    }
  })
