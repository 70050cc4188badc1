import * as tf from "@tensorflow/tfjs-core"
import { makeNode, type Node } from "../../Graph.ts"
import { mul, reduce, reshape, transpose } from "../nodes.ts"
import { fused } from "./activations.ts"
import { kernel, type Kernels } from "./Kernel.ts"

const matMul = (a: Node, b: Node, transposeA: boolean, transposeB: boolean): Node =>
  makeNode("MatMul", [a, b], { transposeA, transposeB })

/** Brings the axes of one operand in line with all axes of the equation that remain. */
const alignOperand = (x: Node, remaining: number, axes: Array<number>): Node => {
  const { permutationIndices, expandDims } = tf.backend_util.getEinsumPermutation(remaining, axes)
  const turned = transpose(x, permutationIndices)
  return reshape(
    turned,
    expandDims.reduce<ReadonlyArray<number>>(
      (shape, axis) => shape.toSpliced(axis, 0, 1),
      turned.shape,
    ),
  )
}

/** Products of aligned operands, summed axis by axis as soon as nothing else needs the axis. */
const einsum = (equation: string, operands: ReadonlyArray<Node>): Node => {
  const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(
    equation,
    operands.length,
  )
  const { path, steps } = tf.backend_util.getEinsumComputePath(summedDims, idDims)
  let remaining = allDims.length
  let product: Node | undefined
  steps.forEach((step, i) => {
    for (const operand of step) {
      const aligned = alignOperand(operands[operand]!, remaining, idDims[operand]!)
      product = product === undefined ? aligned : mul(aligned, product)
    }
    if (i === steps.length - 1) return
    if (path[i]! >= 0) {
      product = reduce("ReduceSum", product!, [path[i]! - (allDims.length - remaining)], false)
    }
    remaining -= 1
  })
  return product!
}

/** Kernels that multiply matrices. */
export const linearAlgebra: Kernels = {
  BatchMatMul: kernel<tf.BatchMatMulInputs, tf.BatchMatMulAttrs>(
    ({ a, b }, { transposeA, transposeB }) => matMul(a, b, transposeA, transposeB),
  ),
  _FusedMatMul: kernel<
    {
      readonly a: Node
      readonly b: Node
      readonly bias?: Node
      readonly preluActivationWeights?: Node
    },
    tf._FusedMatMulAttrs
  >(({ a, b, ...more }, { transposeA, transposeB, ...attributes }) =>
    fused("matMul", matMul(a, b, transposeA, transposeB), more, attributes),
  ),
  Einsum: kernel<ReadonlyArray<tf.TensorInfo>, tf.EinsumAttrs>((operands, { equation }) =>
    einsum(equation, operands),
  ),
}
