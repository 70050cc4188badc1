/**
 * Reductions over axes.
 */
import type { DType, ReduceOp } from "../../Graph.ts"
import type { Rule } from "./Rule.ts"

/** A reduction, done in a type that ONNX reduces: `bool` counts as 0 and 1. */
const reduction =
  (op: "ReduceSum" | "ReduceProd" | "ReduceMax" | "ReduceMin"): Rule<ReduceOp> =>
  (writer, [x], { attributes: { axes, keepDims }, inputs: [input], dtype }) => {
    // No axes means all of them to ONNX.
    if (axes.length === 0) return writer.cast(x!, input!.dtype, dtype)
    const type: DType = input!.dtype === "bool" ? "int32" : input!.dtype
    const keepdims = keepDims ? 1 : 0
    const value = writer.cast(x!, input!.dtype, type)
    // Version 17 has the axes of sums as an input, and of the others as an attribute.
    const reduced =
      op === "ReduceSum"
        ? writer.add(op, [value, writer.constant(axes, [axes.length], "int64")], { keepdims })
        : writer.add(op, [value], { axes, keepdims })
    return writer.cast(reduced, type, dtype)
  }

/** A reduction of truth values. */
const truth =
  (op: "ReduceMax" | "ReduceMin"): Rule<ReduceOp> =>
  (writer, [x], node) => {
    const [input] = node.inputs
    const inner = {
      ...node,
      inputs: [{ ...input!, dtype: "bool" as const }],
      dtype: "bool" as const,
    }
    const value = reduction(op)(writer, [writer.cast(x!, input!.dtype, "bool")], inner)
    return writer.cast(value, "bool", node.dtype)
  }

/** Rows from which on a product with ones sums faster than the runtime's `ReduceSum`: half the time at 100 rows. */
const manyRows = 16

/**
 * Sums. The sum of a matrix's rows, which is the gradient of a bias, is a product with a row of ones.
 */
const sum: Rule<"ReduceSum"> = (writer, values, node) => {
  const { attributes, inputs, shape, dtype } = node
  const [rows = 0, columns] = inputs[0]!.shape
  const isRowSum =
    inputs[0]!.shape.length === 2 && attributes.axes.length === 1 && attributes.axes[0] === 0
  if (
    !isRowSum ||
    dtype !== "float32" ||
    rows < manyRows ||
    columns === 0 ||
    writer.isDynamic(rows)
  ) {
    return reduction("ReduceSum")(writer, values, node)
  }
  const total = writer.add("Gemm", [writer.fill(1, [1, rows], "float32"), values[0]!])
  return attributes.keepDims
    ? total
    : writer.add("Reshape", [total, writer.sizes(shape.map(() => -1))])
}

export const reduceRules: { readonly [K in ReduceOp]: Rule<K> } = {
  ReduceSum: sum,
  ReduceProd: reduction("ReduceProd"),
  ReduceMax: reduction("ReduceMax"),
  ReduceMin: reduction("ReduceMin"),
  ReduceAll: truth("ReduceMin"),
  ReduceAny: truth("ReduceMax"),
}

/** Where the largest or smallest element is, the first of several. */
const place =
  (op: "ArgMax" | "ArgMin"): Rule<"ArgMax" | "ArgMin"> =>
  (writer, [x], { attributes: { axis }, inputs: [input] }) => {
    const type: DType = input!.dtype === "bool" ? "int32" : input!.dtype
    const found = writer.add(op, [writer.cast(x!, input!.dtype, type)], { axis, keepdims: 0 })
    return writer.add("Cast", [found], { to: 6 })
  }

export const placeRules = { ArgMax: place("ArgMax"), ArgMin: place("ArgMin") }
