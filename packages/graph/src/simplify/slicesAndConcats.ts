import { sameShape, type Shape } from "@pushforward/core"
import { makeNode, type Node } from "../Graph.ts"
import { constant } from "./constants.ts"
import { slice } from "./identities.ts"
import { isOp, type Pass, type Rule, rule, rulePass, type Surroundings } from "./Pass.ts"

/** A slice of neighbouring elements along one axis, and of everything along the others. */
interface Range {
  readonly of: Node
  readonly axis: number
  readonly from: number
  readonly to: number
}

/** `node` as a range of another, along `axis`. */
const rangeOf = (node: Node, axis: number): Range | undefined => {
  if (!isOp(node, "Slice")) return undefined
  const [of] = node.inputs as [Node]
  const { begin, sizes, strides } = node.attributes
  const whole = sizes.every(
    (n, i) => i === axis || (begin[i] === 0 && n === of.shape[i] && (strides[i] === 1 || n === 1)),
  )
  return whole && strides[axis] === 1
    ? { of, axis, from: begin[axis]!, to: begin[axis]! + sizes[axis]! }
    : undefined
}

/** The range of `of` as a slice. */
const range = ({ of, axis, from, to }: Range): Node =>
  slice(
    of,
    of.shape.map((_, i) => (i === axis ? from : 0)),
    of.shape.with(axis, to - from),
  )

/** The only axis along which a slice takes less than everything, in order. */
const onlyAxis = (node: Node<"Slice">): number | undefined => {
  const { begin, sizes, strides } = node.attributes
  const shape = node.inputs[0]!.shape
  const axes = sizes.flatMap((n, i) =>
    begin[i] !== 0 || n !== shape[i] || strides[i] !== 1 ? [i] : [],
  )
  return axes.length === 1 ? axes[0] : undefined
}

const concat = (parts: ReadonlyArray<Node>, axis: number): Node =>
  parts.length === 1 ? parts[0]! : makeNode("Concat", parts, { axis })

/** Zeros around `x` along one axis. */
interface Padded {
  readonly x: Node
  readonly axis: number
  readonly before: number
  readonly after: number
}

const paddedWithZeros = (node: Node): Padded | undefined => {
  if (!isOp(node, "Pad") || node.attributes.value !== 0) return undefined
  const { before, after } = node.attributes
  const axes = before.flatMap((n, i) => (n + after[i]! > 0 ? [i] : []))
  const [axis] = axes
  return axis === undefined || axes.length > 1
    ? undefined
    : { x: node.inputs[0]!, axis, before: before[axis]!, after: after[axis]! }
}

const pad = (x: Node, axis: number, before: number, after: number): Node => {
  const along = (n: number): Shape => x.shape.map((_, i) => (i === axis ? n : 0))
  return before + after === 0
    ? x
    : makeNode("Pad", [x], { before: along(before), after: along(after), value: 0 })
}

/** Two padded tensors added up as one, when they lie apart or one within the other. */
const joinedPads = (a: Node, b: Node, { uses, known }: Surroundings): Node | undefined => {
  const [left, right] = [paddedWithZeros(a), paddedWithZeros(b)]
  if (!left || !right || left.axis !== right.axis || !sameShape(a.shape, b.shape)) return undefined
  if (uses(a) > 1 || uses(b) > 1 || a.dtype !== b.dtype) return undefined
  const { axis } = left
  const total = a.shape[axis]!
  const around = (outer: Padded, inner: Padded): Node | undefined => {
    const [before, after] = [inner.before - outer.before, inner.after - outer.after]
    if (before < 0 || after < 0 || !known(before) || !known(after)) return undefined
    const sum = makeNode("Add", [outer.x, pad(inner.x, axis, before, after)], {})
    return pad(sum, axis, outer.before, outer.after)
  }
  const nested = around(left, right) ?? around(right, left)
  if (nested) return nested
  const [first, second] = left.before <= right.before ? [left, right] : [right, left]
  const gap = second.before - (total - first.after)
  if (gap < 0 || !known(gap)) return undefined
  const between = gap === 0 ? [] : [constant([0], first.x.shape.with(axis, gap), a.dtype)]
  return pad(concat([first.x, ...between, second.x], axis), axis, first.before, second.after)
}

/** `x + pad + pad`, the pads first. */
const padsFirst = (node: Node<"Add">, around: Surroundings): Node | undefined => {
  for (const [sum, other] of [node.inputs, node.inputs.toReversed()] as Array<[Node, Node]>) {
    if (!isOp(sum, "Add") || around.uses(sum) > 1) continue
    for (const [x, one] of [sum.inputs, sum.inputs.toReversed()] as Array<[Node, Node]>) {
      const joined = joinedPads(one, other, around)
      if (joined) return makeNode("Add", [x, joined], {})
    }
  }
  return undefined
}

/** How far the parts of a concat, from `first` on, are neighbours in the same tensor. */
const runFrom = ({ inputs, attributes: { axis } }: Node<"Concat">, place: number, first: Range) => {
  let [end, to] = [place + 1, first.to]
  for (; end < inputs.length; end++) {
    const next = rangeOf(inputs[end]!, axis)
    if (next?.of !== first.of || next.from !== to) break
    to = next.to
  }
  return { end, to }
}

/** The rules of {@link slicesAndConcats}. */
export const sliceRules: ReadonlyArray<Rule> = [
  rule("slice of concat", "Slice", (node) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Concat")) return undefined
    const { axis } = inner.attributes
    const { begin, sizes, strides } = node.attributes
    const count = sizes[axis]!
    if (count === 0) return undefined
    const ends = [begin[axis]!, begin[axis]! + strides[axis]! * (count - 1)]
    const [low, high] = [Math.min(...ends), Math.max(...ends)]
    let offset = 0
    const covered: Array<{ readonly part: Node; readonly from: number; readonly to: number }> = []
    for (const part of inner.inputs) {
      const end = offset + part.shape[axis]!
      if (end > low && offset <= high) covered.push({ part, from: offset, to: end })
      offset = end
    }
    const [first] = covered
    const last = covered.at(-1)
    if (!first || !last) return undefined
    const parts = covered.map(({ part }) => part)
    if (parts.length === 1) {
      return slice(first.part, begin.with(axis, begin[axis]! - first.from), sizes, strides)
    }
    const isWhole =
      onlyAxis(node) === axis && strides[axis] === 1 && first.from === low && last.to === high + 1
    return isWhole ? concat(parts, axis) : undefined
  }),
  rule("concat of neighbouring slices", "Concat", (node, { uses }) => {
    const { axis } = node.attributes
    const parts: Array<Node> = []
    let saved = 0
    for (let i = 0; i < node.inputs.length;) {
      const start = node.inputs[i]!
      const first = rangeOf(start, axis)
      const { end, to } = first ? runFrom(node, i, first) : { end: i + 1, to: 0 }
      const whole = first && end > i + 1 ? range({ ...first, to }) : start
      // The slices that something else needs stay: one more of them must not be too many.
      const dropped = node.inputs.slice(i, end).filter((part) => uses(part) === 1).length
      if (whole !== start && (dropped > 0 || whole === first!.of)) {
        parts.push(whole)
        saved++
      } else {
        parts.push(...node.inputs.slice(i, end))
      }
      i = end
    }
    return saved === 0 ? undefined : concat(parts, axis)
  }),
  rule("sum of pads", "Add", (node, around) => {
    const [a, b] = node.inputs as [Node, Node]
    return joinedPads(a, b, around)
  }),
  rule("sum with two pads", "Add", padsFirst),
  rule("slice of pad", "Slice", (node) => {
    const [inner] = node.inputs as [Node]
    if (!isOp(inner, "Pad")) return undefined
    const [x] = inner.inputs as [Node]
    const { before } = inner.attributes
    const { begin, sizes, strides } = node.attributes
    if (sizes.includes(0)) return undefined
    const inside = x.shape.every((n, i) => {
      const ends = [begin[i]!, begin[i]! + strides[i]! * (sizes[i]! - 1)]
      return Math.min(...ends) >= before[i]! && Math.max(...ends) < before[i]! + n
    })
    return inside
      ? slice(
          x,
          begin.map((first, i) => first - before[i]!),
          sizes,
          strides,
        )
      : undefined
  }),
]

/**
 * Undoes what is taken apart and put together again, as gradients of slices and of concats do.
 *
 * | before | after |
 * |---|---|
 * | a slice of `concat(a, b, c)` within `b`; of all of `a` and `b` | a slice of `b`, or `b`; `concat(a, b)` |
 * | `concat(x[0:2], x[2:5])` | `x[0:5]`, which may be `x` |
 * | `pad(a) + pad(b)`, the one zero where the other is not | `concat(a, b)`, with zeros where both are zero |
 * | `pad(a) + pad(b)`, the one within the other | `pad(a + pad(b))` |
 * | `x + pad(a) + pad(b)` | `x + (pad(a) + pad(b))` |
 * | a slice of `pad(x)` within `x` | a slice of `x` |
 *
 * Exact but for the sign of a zero, and the last bits of sums of three.
 *
 * @category passes
 */
export const slicesAndConcats: Pass = rulePass(sliceRules)
