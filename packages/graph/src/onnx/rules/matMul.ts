/**
 * Matrix products.
 */
import type { Node } from "../../Graph.ts"
import type { Value } from "../Scope.ts"
import type { Writer } from "../Writer.ts"
import type { Rule } from "./Rule.ts"

/** Whether a product can be a `Gemm`: two matrices of float32. */
export const isGemm = ({ inputs, dtype }: Node<"MatMul">): boolean =>
  dtype === "float32" &&
  inputs.every((input) => input.shape.length === 2 && input.dtype === "float32")

/** `alpha · a b + beta · c`. */
export const gemm = (
  { add }: Writer,
  [a, b]: ReadonlyArray<Value>,
  { transposeA, transposeB }: Node<"MatMul">["attributes"],
  plus?: { readonly value: Value; readonly alpha: number; readonly beta: number },
): Value =>
  add("Gemm", [a!, b!, ...(plus ? [plus.value] : [])], {
    transA: Number(transposeA),
    transB: Number(transposeB),
    ...(plus && plus.alpha !== 1 && { alpha: { float: plus.alpha } }),
    ...(plus && plus.beta !== 1 && { beta: { float: plus.beta } }),
  })

/** The last two axes swapped. The runtime fuses this with the product that follows. */
const swapped = ({ add }: Writer, value: Value, rank: number): Value =>
  add("Transpose", [value], {
    perm: Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i)),
  })

export const matMul: Rule<"MatMul"> = (writer, values, node) => {
  if (isGemm(node)) return gemm(writer, values, node.attributes)
  const { inputs, dtype, attributes } = node
  const type = dtype === "bool" ? "int32" : dtype
  const flips = [attributes.transposeA, attributes.transposeB]
  const factors = values.map((value, i) => {
    const cast = writer.cast(value, inputs[i]!.dtype, type)
    return flips[i] ? swapped(writer, cast, inputs[i]!.shape.length) : cast
  })
  return writer.cast(writer.add("MatMul", factors), type, dtype)
}
