import { sameShape, type Shape, sizeOf } from "@pushforward/core"
import { makeNode, type Node } from "../Graph.ts"
import { isOp, type Pass, type Rule, rule, rulePass } from "./Pass.ts"

/** A reshaped `node`, or itself. */
export const reshape = (node: Node, shape: Shape): Node =>
  sameShape(node.shape, shape) ? node : makeNode("Reshape", [node], { shape })

/** `node` repeated along its axes of size 1, or itself. */
export const expand = (node: Node, shape: Shape): Node =>
  sameShape(node.shape, shape) ? node : makeNode("Expand", [node], { shape })

/** A slice of `node`, or itself. */
export const slice = (
  node: Node,
  begin: ReadonlyArray<number>,
  sizes: ReadonlyArray<number>,
  strides: ReadonlyArray<number> = sizes.map(() => 1),
): Node =>
  sameShape(node.shape, sizes) &&
  isZero(begin) &&
  strides.every((stride, i) => stride === 1 || sizes[i]! <= 1)
    ? node
    : makeNode("Slice", [node], { begin, sizes, strides })

const isZero = (numbers: ReadonlyArray<number>): boolean => numbers.every((n) => n === 0)

/** A shape without the sizes 1 at its front. */
export const trimmed = (shape: Shape): Shape => {
  const first = shape.findIndex((n) => n !== 1)
  return first < 0 ? [] : shape.slice(first)
}

/** Whether an axis of `permutation` other than one of size 1 moves past another. */
const moves = (permutation: ReadonlyArray<number>, shape: Shape): boolean => {
  const long = permutation.filter((axis) => shape[axis] !== 1)
  return long.some((axis, i) => i > 0 && axis < long[i - 1]!)
}

/** The rules of {@link identities}. */
export const identityRules: ReadonlyArray<Rule> = [
  rule("cast to own type", "Cast", (node) => {
    const [x] = node.inputs as [Node]
    return x.dtype === node.dtype ? x : undefined
  }),
  // 0 and 1 are the same in every type.
  rule("cast of cast", "Cast", (node) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Cast")) return undefined
    const [x] = inner.inputs as [Node]
    return x.dtype === "bool" ? makeNode("Cast", [x], node.attributes) : undefined
  }),
  rule("reshape to own shape", "Reshape", (node) => {
    const [x] = node.inputs as [Node]
    return sameShape(x.shape, node.shape) ? x : undefined
  }),
  rule("reshape of reshape", "Reshape", (node) => {
    const [inner] = node.inputs as [Node]
    return isOp(inner, "Reshape") ? reshape(inner.inputs[0]!, node.shape) : undefined
  }),
  rule("transpose that moves nothing", "Transpose", (node) => {
    const [x] = node.inputs as [Node]
    return moves(node.attributes.permutation, x.shape) ? undefined : reshape(x, node.shape)
  }),
  rule("transpose of transpose", "Transpose", (node) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Transpose")) return undefined
    const permutation = node.attributes.permutation.map(
      (axis) => inner.attributes.permutation[axis]!,
    )
    return makeNode("Transpose", inner.inputs, { permutation })
  }),
  rule("expand that repeats nothing", "Expand", (node) => {
    const [x] = node.inputs as [Node]
    return sizeOf(x.shape) === sizeOf(node.shape) ? reshape(x, node.shape) : undefined
  }),
  rule("expand of expand", "Expand", (node) => {
    const [inner] = node.inputs as [Node]
    return isOp(inner, "Expand") ? expand(inner.inputs[0]!, node.shape) : undefined
  }),
  rule("expand of reshape", "Expand", (node) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Reshape")) return undefined
    const [x] = inner.inputs as [Node]
    return x.shape.length <= node.shape.length && sameShape(trimmed(x.shape), trimmed(inner.shape))
      ? expand(x, node.shape)
      : undefined
  }),
  rule("whole slice", "Slice", (node) => {
    const [x] = node.inputs as [Node]
    const { begin, sizes, strides } = node.attributes
    const same = slice(x, begin, sizes, strides)
    return same === x ? x : undefined
  }),
  rule("slice of slice", "Slice", (node) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Slice")) return undefined
    const { begin, sizes, strides } = node.attributes
    const { begin: innerBegin, strides: innerStrides } = inner.attributes
    return slice(
      inner.inputs[0]!,
      begin.map((first, i) => innerBegin[i]! + innerStrides[i]! * first),
      sizes,
      strides.map((stride, i) => innerStrides[i]! * stride),
    )
  }),
  rule("concat of one", "Concat", (node) =>
    node.inputs.length === 1 ? node.inputs[0]! : undefined,
  ),
  rule("concat with nothing", "Concat", (node) => {
    const { axis } = node.attributes
    const parts = node.inputs.filter((part) => part.shape[axis] !== 0)
    return parts.length === 0 || parts.length === node.inputs.length
      ? undefined
      : makeNode("Concat", parts, node.attributes)
  }),
  rule("concat of concat", "Concat", (node) => {
    const { axis } = node.attributes
    const isSame = (part: Node): boolean => isOp(part, "Concat") && part.attributes.axis === axis
    return node.inputs.some(isSame)
      ? makeNode(
          "Concat",
          node.inputs.flatMap((part) => (isSame(part) ? part.inputs : [part])),
          node.attributes,
        )
      : undefined
  }),
  rule("tile by ones", "Tile", (node) =>
    node.attributes.repeats.every((n) => n === 1) ? node.inputs[0]! : undefined,
  ),
  rule("tile as expand", "Tile", (node) => {
    const [x] = node.inputs as [Node]
    return node.attributes.repeats.every((n, i) => n === 1 || x.shape[i] === 1)
      ? expand(x, node.shape)
      : undefined
  }),
  rule("pad by nothing", "Pad", (node) =>
    isZero(node.attributes.before) && isZero(node.attributes.after) ? node.inputs[0]! : undefined,
  ),
  rule("pad of pad", "Pad", (node) => {
    const [inner] = node.inputs as [Node]
    const { before, after, value } = node.attributes
    if (!isOp(inner, "Pad") || !Object.is(inner.attributes.value, value)) return undefined
    return makeNode("Pad", inner.inputs, {
      before: before.map((n, i) => n + inner.attributes.before[i]!),
      after: after.map((n, i) => n + inner.attributes.after[i]!),
      value,
    })
  }),
  // A permutation that is a reversal, for one: a slice needs no table.
  rule("gather of a progression", "Gather", (node) => {
    const [x, places] = node.inputs as [Node, Node]
    const { axis } = node.attributes
    if (!isOp(places, "Constant") || places.shape.length !== 1) return undefined
    const { values } = places.attributes
    const count = places.shape[0]!
    if (values.length !== count || count < 1) return undefined
    const stride = count === 1 ? 1 : values[1]! - values[0]!
    if (stride === 0) return undefined
    for (let i = 0; i < count; i++) {
      const place = values[i]!
      if (place !== values[0]! + i * stride || place < 0 || place >= x.shape[axis]!)
        return undefined
    }
    const along = (there: number, elsewhere: ReadonlyArray<number>): ReadonlyArray<number> =>
      elsewhere.map((n, i) => (i === axis ? there : n))
    return slice(
      x,
      along(
        values[0]!,
        x.shape.map(() => 0),
      ),
      along(count, x.shape),
      along(
        stride,
        x.shape.map(() => 1),
      ),
    )
  }),
]

/**
 * Removes operations that rearrange nothing, and makes one of two in a row.
 *
 * | before | after |
 * |---|---|
 * | `cast(x)` to its own type; `cast(cast(bool))` | `x`; one cast |
 * | `reshape(x)` to its own shape; `reshape(reshape(x))` | `x`; one reshape |
 * | `transpose` of axes of size 1 only; `transpose(transpose(x))` | a reshape; one transpose or `x` |
 * | `expand(x)` to as many elements; `expand(expand(x))` | a reshape; one expand |
 * | all of `x` as a slice; `slice(slice(x))`, so also reversing twice | `x`; one slice |
 * | `concat(a)`; `concat(a, concat(b, c))`; `concat(a, nothing)` | `a`; `concat(a, b, c)`; `a` |
 * | `tile(x, 1)`; `tile` of axes of size 1 | `x`; an expand |
 * | `pad(x, 0)`; `pad(pad(x))` | `x`; one pad |
 * | `gather(x, [b, b + s, b + 2s, …])` | `x[b :: s]` |
 *
 * Every rewrite is exact.
 *
 * @category passes
 */
export const identities: Pass = rulePass(identityRules)
