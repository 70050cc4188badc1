import { makeNode, type Node } from "../Graph.ts"
import { commutativeOps } from "./operations.ts"
import { type Pass, type Rule, rule, rulePass } from "./Pass.ts"

/** Where an input of a commutative operation belongs: products first, constants last. */
const rank = ({ op }: Node): number => (op === "MatMul" ? 0 : op === "Constant" ? 3 : 1)

/** The rules of {@link canonicalOrder}. */
export const orderRules: ReadonlyArray<Rule> = [
  rule("inputs in order", commutativeOps, (node) => {
    const [x, y] = node.inputs as [Node, Node]
    const [left, right] = [rank(x), rank(y)]
    const swap = left === right ? x.shape.length < y.shape.length : left > right
    return swap ? makeNode(node.op, [y, x], {}) : undefined
  }),
]

/**
 * Brings the inputs of operations that may swap them into one order.
 *
 * | before | after |
 * |---|---|
 * | `c + x` | `x + c`; also for `·`, `max`, `min`, `=`, and logic |
 * | `bias + A · B` | `A · B + bias`, as engines with a fused `Gemm` want it |
 * | `small + large` | `large + small`, by rank |
 *
 * @category passes
 */
export const canonicalOrder: Pass = rulePass(orderRules)
