import { sameShape } from "@pushforward/core"
import { makeNode, type Node } from "../Graph.ts"
import { isOp, type Pass, type Rule, rule, rulePass } from "./Pass.ts"

/** What `node` is the transpose of, over its last two axes. */
const transposed = (node: Node): Node | undefined => {
  if (!isOp(node, "Transpose")) return undefined
  const { permutation } = node.attributes
  const rank = permutation.length
  return permutation.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i))
    ? node.inputs[0]
    : undefined
}

/** The rules of {@link matMuls}. */
export const matMulRules: ReadonlyArray<Rule> = [
  rule("transpose into product", "MatMul", (node) => {
    const [a, b] = node.inputs as [Node, Node]
    const { transposeA, transposeB } = node.attributes
    const [left, right] = [transposed(a), transposed(b)]
    return left || right
      ? makeNode("MatMul", [left ?? a, right ?? b], {
          transposeA: left ? !transposeA : transposeA,
          transposeB: right ? !transposeB : transposeB,
        })
      : undefined
  }),
  rule("transpose of product", "Transpose", (node, { uses }) => {
    const x = transposed(node)
    if (!x || !isOp(x, "MatMul") || uses(x) > 1) return undefined
    const [a, b] = x.inputs as [Node, Node]
    const { transposeA, transposeB } = x.attributes
    return makeNode("MatMul", [b, a], { transposeA: !transposeB, transposeB: !transposeA })
  }),
  // Rows of rows are rows: NumPy's matmul flattens them itself.
  rule("reshape around product", "Reshape", (node, { uses }) => {
    const [product] = node.inputs as [Node]
    if (!isOp(product, "MatMul") || uses(product) > 1) return undefined
    const [rows, b] = product.inputs as [Node, Node]
    if (!isOp(rows, "Reshape") || product.attributes.transposeA) return undefined
    const [x] = rows.inputs as [Node]
    if (b.shape.length !== 2 || rows.shape.length !== 2 || x.shape.length < 2) return undefined
    return sameShape(x.shape, [...node.shape.slice(0, -1), rows.shape[1]!]) &&
      node.shape.at(-1) === product.shape[1]
      ? makeNode("MatMul", [x, b], product.attributes)
      : undefined
  }),
]

/**
 * Folds what stands around matrix products into them.
 *
 * | before | after |
 * |---|---|
 * | `Aᵀ · B`, with the transpose as an operation of its own | a product that reads `A` transposed |
 * | `(A · B)ᵀ` | `Bᵀ · Aᵀ`, reading both transposed |
 * | `reshape(reshape(x, [n, k]) · B, [..., m])` | `x · B` |
 *
 * Exact, but for the order in which an engine adds up a product.
 *
 * @category passes
 */
export const matMuls: Pass = rulePass(matMulRules)
