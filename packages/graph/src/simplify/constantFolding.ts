import { sizeOf } from "@pushforward/core"
import { type AnyNode, makeNode, type Node, type OpName } from "../Graph.ts"
import { constant, evaluateConstant, isConstantArray, scalar, uniform } from "./constants.ts"
import { elementwiseOps, reduceOps, unaryOps } from "./operations.ts"
import { isOp, type Pass, type Rule, rule, rulePass, type Surroundings } from "./Pass.ts"

/** Results of at most this many elements are folded, also when they are larger than what they are made from. */
const small = 1024

/** Products of more multiplications than this are left to the engine. */
const maxMultiplications = 1e7

/** Operations that only move elements around. */
const movingOps = [
  "Reshape",
  "Transpose",
  "Expand",
  "Slice",
  "Tile",
] as const satisfies ReadonlyArray<OpName>

const isConstant = (node: Node): node is Node<"Constant"> => node.op === "Constant"

const isCheap = (node: AnyNode): boolean =>
  !isOp(node, "MatMul") || sizeOf(node.shape) * node.inputs[0]!.shape.at(-1)! <= maxMultiplications

const fold = (node: AnyNode, { known }: Surroundings): Node | undefined => {
  if (node.inputs.length === 0 || !node.inputs.every(isConstant)) return undefined
  // An unknown size is no size to compute with.
  if (![node, ...node.inputs].every(({ shape }) => shape.every(known))) return undefined
  const size = sizeOf(node.shape)
  const given = node.inputs.reduce((sum, { attributes }) => sum + attributes.values.length, 0)
  if (size > Math.max(small, given) || !isCheap(node)) return undefined
  return constant(evaluateConstant(node), node.shape, node.dtype)
}

/** The rules of {@link constantFolding}. */
export const constantRules: ReadonlyArray<Rule> = [
  rule("one value for all", "Constant", ({ attributes: { values, shape, dtype } }) =>
    values.length > 1 && isConstantArray(values) ? constant([values[0]!], shape, dtype) : undefined,
  ),
  rule("function of one value", [...elementwiseOps, ...unaryOps, "Cast"], (node) => {
    const values = node.inputs.map(uniform)
    if (!values.every((value) => value !== undefined)) return undefined
    const inputs = node.inputs.map((input, i) => scalar(values[i]!, input.dtype))
    const result = evaluateConstant(makeNode(node.op, inputs, node.attributes as never))
    return constant([result[0]!], node.shape, node.dtype)
  }),
  rule("one value moved", movingOps, (node) => {
    const value = uniform(node.inputs[0]!)
    return value === undefined ? undefined : constant([value], node.shape, node.dtype)
  }),
  rule("one value reduced", reduceOps, (node, { known }) => {
    const [x] = node.inputs as [Node]
    const value = uniform(x)
    const sizes = node.attributes.axes.map((axis) => x.shape[axis]!)
    if (value === undefined || !sizes.every(known) || sizes.includes(0)) return undefined
    if (node.op === "ReduceProd") return undefined
    const result = node.op === "ReduceSum" ? value * sizeOf(sizes) : value
    return constant([result], node.shape, node.dtype)
  }),
  rule(
    "operation on constants",
    [
      ...elementwiseOps,
      ...unaryOps,
      ...reduceOps,
      ...movingOps,
      "Cast",
      "MatMul",
      "Concat",
      "Pad",
      "Gather",
      "ScatterAdd",
      "CumSum",
      "ArgMax",
      "ArgMin",
    ],
    fold,
  ),
]

/**
 * Computes what depends on constants alone.
 *
 * | before | after |
 * |---|---|
 * | `f(c₁, c₂, …)` | its value |
 * | `[c, c, …, c]` | `c` once, with its shape |
 * | a sum of `n` elements that are all `c` | `n c` |
 *
 * - Values are computed and kept in float64, and rounded once, when the graph is written for an engine of float32. So the
 *   float64 judge sees the same numbers before and after
 * - Results that are larger than 1,024 elements and larger than the constants they are made from are left alone
 *
 * @category passes
 */
export const constantFolding: Pass = rulePass(constantRules)
