/**
 * Static graphs: what a traced function does, as plain immutable values.
 */
import type { Shape } from "@pushforward/core"
import { infer } from "./infer.ts"

/** The types of elements. `bool` is 0 or 1. */
export type DType = "float32" | "int32" | "bool"

/** Elementwise operations of one input. */
export type UnaryOp =
  | "Neg"
  | "Abs"
  | "Sign"
  | "Exp"
  | "Expm1"
  | "Log"
  | "Log1p"
  | "Sqrt"
  | "Reciprocal"
  | "Tanh"
  | "Sigmoid"
  | "Softplus"
  | "Erf"
  | "Sin"
  | "Cos"
  | "Tan"
  | "Asin"
  | "Acos"
  | "Atan"
  | "Sinh"
  | "Cosh"
  | "Asinh"
  | "Acosh"
  | "Atanh"
  | "Floor"
  | "Ceil"
  | "Round"
  | "IsNaN"
  | "IsInf"
  | "Not"

/** Elementwise operations of two inputs that broadcast against each other, as in NumPy. */
export type BinaryOp =
  | "Add"
  | "Sub"
  | "Mul"
  | "Div"
  | "FloorDiv"
  | "Mod"
  | "Pow"
  | "Max"
  | "Min"
  | "Atan2"
  | "Equal"
  | "Less"
  | "LessOrEqual"
  | "Greater"
  | "GreaterOrEqual"
  | "And"
  | "Or"
  | "Xor"

/** Reductions over axes. */
export type ReduceOp =
  | "ReduceSum"
  | "ReduceProd"
  | "ReduceMax"
  | "ReduceMin"
  | "ReduceAll"
  | "ReduceAny"

/** The attributes of each operation, by name. */
export type OpAttributes = { readonly [K in UnaryOp | BinaryOp]: object } & {
  readonly [K in ReduceOp]: { readonly axes: ReadonlyArray<number>; readonly keepDims: boolean }
} & {
  /** A tensor that is given when the graph runs. */
  readonly Input: { readonly name: string; readonly shape: Shape; readonly dtype: DType }
  /** A tensor that is part of the graph. `values` holds one number per element, or one for all of them. */
  readonly Constant: {
    readonly values: ArrayLike<number>
    readonly shape: Shape
    readonly dtype: DType
  }
  readonly Cast: { readonly to: DType }
  /** `inputs[0] ? inputs[1] : inputs[2]`, all three broadcasting. */
  readonly Where: object
  /** Numpy's `matmul` over the last two axes, operands transposed first where told; leading axes broadcast. */
  readonly MatMul: { readonly transposeA: boolean; readonly transposeB: boolean }
  readonly Reshape: { readonly shape: Shape }
  readonly Transpose: { readonly permutation: ReadonlyArray<number> }
  /** Repeats axes of size 1 to `shape`. */
  readonly Expand: { readonly shape: Shape }
  /** Every axis from `begin` in steps of `strides` (perhaps negative), `sizes` elements each. */
  readonly Slice: {
    readonly begin: ReadonlyArray<number>
    readonly sizes: ReadonlyArray<number>
    readonly strides: ReadonlyArray<number>
  }
  readonly Concat: { readonly axis: number }
  readonly Pad: {
    readonly before: ReadonlyArray<number>
    readonly after: ReadonlyArray<number>
    readonly value: number
  }
  readonly Tile: { readonly repeats: ReadonlyArray<number> }
  /** Elements of `inputs[0]` along `axis` at the places `inputs[1]` (int32), as in NumPy's `take`. */
  readonly Gather: { readonly axis: number }
  /** Sums rows of `inputs[0]` into `count` rows at the places `inputs[1]` (int32, along axis 0): Gather's gradient. */
  readonly ScatterAdd: { readonly count: number }
  readonly CumSum: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean }
  readonly ArgMax: { readonly axis: number }
  readonly ArgMin: { readonly axis: number }
  /**
   * `body` once for each row of the slices. `inputs` and `body.inputs`: `[...carry, ...slices, ...captured]`, with slices
   * as rows inside; `body.outputs`: `[...next carry, output]`. The result is the outputs of all steps, along axis 0.
   */
  readonly Scan: { readonly body: Graph; readonly carry: number; readonly slices: number }
}

/** The name of an operation. */
export type OpName = keyof OpAttributes

/**
 * One operation, with its inputs as references. Nodes are immutable; a graph is a directed acyclic graph of them.
 *
 * @category models
 */
export interface Node<out K extends OpName = OpName> {
  readonly op: K
  readonly inputs: ReadonlyArray<Node>
  readonly attributes: OpAttributes[K]
  readonly shape: Shape
  readonly dtype: DType
}

/** A node of any operation, told apart by `op`. */
export type AnyNode = { readonly [K in OpName]: Node<K> }[OpName]

/**
 * A function as a graph.
 *
 * **Details**
 *
 * - `inputs`: in the order of the function's arguments, also those that nothing uses
 * - `dynamic`: when set, a size that stands for the unknown batch size `n`: an axis of `k · dynamic` elements has `k · n`
 *   when the graph runs. It is a prime that no other size is a multiple of. The same holds in attributes that count
 *   elements: `shape`, `sizes`, `begin`, `before`, `after`, `repeats`, `count`
 *
 * @category models
 */
export interface Graph {
  readonly inputs: ReadonlyArray<Node<"Input">>
  readonly outputs: ReadonlyArray<Node>
  readonly dynamic?: number
}

/**
 * A node; its shape and type follow from the operation. Throws `GraphError` when the inputs do not fit.
 *
 * @category constructors
 */
export const makeNode = <K extends OpName>(
  op: K,
  inputs: ReadonlyArray<Node>,
  attributes: OpAttributes[K],
): Node<K> => ({ op, inputs, attributes, ...infer(op, inputs, attributes) })

/**
 * Every node that the outputs need, each after its inputs; then inputs that nothing uses. A `Scan` is one node: its body
 * is a graph of its own.
 */
export const nodesOf = (graph: Graph): ReadonlyArray<AnyNode> => {
  const order = new Set<Node>()
  // A stack of its own: traced training steps are deeper than the call stack.
  const stack: Array<Node> = [...graph.inputs, ...graph.outputs].toReversed()
  while (stack.length > 0) {
    const node = stack.at(-1)!
    const waiting = order.has(node) ? [] : node.inputs.filter((input) => !order.has(input))
    if (waiting.length === 0) {
      order.add(node)
      stack.pop()
    } else {
      stack.push(...waiting.toReversed())
    }
  }
  return [...order] as ReadonlyArray<AnyNode>
}

/**
 * A graph with every node replaced by what `rule` makes of it, inputs first. `rule` gets the node with its new inputs;
 * it gives the node back to keep it.
 */
export const rewrite = (graph: Graph, rule: (node: AnyNode) => Node): Graph => {
  const done = new Map<Node, Node>()
  for (const node of nodesOf(graph)) {
    const inputs = node.inputs.map((input) => done.get(input)!)
    const same = inputs.every((input, i) => input === node.inputs[i])
    done.set(node, node.op === "Input" ? node : rule(same ? node : { ...node, inputs }))
  }
  return { ...graph, outputs: graph.outputs.map((output) => done.get(output)!) }
}
