/**
 * Constants as rules see them.
 */
import { type Shape, sizeOf } from "@pushforward/core"
import { type DType, makeNode, type Node } from "../Graph.ts"
import { evaluate } from "../interpret/evaluate.ts"
import { isOp } from "./Pass.ts"

/** A constant of `values`, one per element or one for all. */
export const constant = (
  values: ArrayLike<number>,
  shape: Shape,
  dtype: DType = "float32",
): Node<"Constant"> => makeNode("Constant", [], { values, shape, dtype })

/** A constant without axes. */
export const scalar = (value: number, dtype: DType = "float32"): Node<"Constant"> =>
  constant([value], [], dtype)

/** The one value of a constant that is the same everywhere. */
export const uniform = (node: Node): number | undefined =>
  isOp(node, "Constant") && node.attributes.values.length === 1
    ? node.attributes.values[0]
    : undefined

/** Whether `node` is a constant that is `value` everywhere. −0 is not 0. */
export const isUniform = (node: Node, value: number): boolean => {
  const each = uniform(node)
  return each !== undefined && Object.is(each, value)
}

/** What is true of all values of a constant, asked once for each array. */
const remembered = <A>(
  ask: (values: ArrayLike<number>) => A,
): ((values: ArrayLike<number>) => A) => {
  const answers = new WeakMap<object, A>()
  return (values) => {
    const key = values as object
    const known = answers.get(key)
    if (known !== undefined) return known
    const answer = ask(values)
    answers.set(key, answer)
    return answer
  }
}

const every = (values: ArrayLike<number>, holds: (value: number) => boolean): boolean => {
  for (let i = 0; i < values.length; i++) if (!holds(values[i]!)) return false
  return true
}

/** Whether every value is 0 or 1. */
export const isBinary = remembered((values) => every(values, (x) => x === 0 || x === 1))

/** Whether all values are the same, bit for bit but for the payload of NaN. */
export const isConstantArray = remembered((values) => every(values, (x) => Object.is(x, values[0])))

/** How many values {@link hashValues} looks at, at most. */
const hashed = 256

/** A hash of some of the values, spread evenly: equal arrays of any type have the same. */
export const hashValues = remembered((values) => {
  const step = Math.max(1, Math.floor(values.length / hashed))
  const sample = new Float64Array(Math.ceil(values.length / step))
  for (let i = 0; i < sample.length; i++) sample[i] = values[i * step]!
  let hash = values.length
  for (const word of new Uint32Array(sample.buffer)) hash = Math.imul(hash ^ word, 0x01000193)
  return hash >>> 0
})

/**
 * Whether a new constant of `size` numbers, not the same everywhere, is less to read than `saved` operations are to start.
 * It is not to push the rest out of the cache either.
 */
export const isWorthReading = (size: number, saved: number): boolean =>
  size <= 2 ** 18 && size <= 2 ** 13 * saved

/** A constant with `f` of each value. */
export const mapConstant = (
  node: Node<"Constant">,
  f: (value: number) => number,
): Node<"Constant"> =>
  constant(Float64Array.from(node.attributes.values, f), node.shape, node.dtype)

/** The values as an array with one per element. */
export const valuesOf = (node: Node<"Constant">): ArrayLike<number> => {
  const { values } = node.attributes
  const size = sizeOf(node.shape)
  return values.length === size ? values : new Float64Array(size).fill(values[0]!)
}

/** The values of a node whose inputs are constants, one per element. */
export const evaluateConstant = (node: Node): Float64Array =>
  evaluate({ inputs: [], outputs: [node] }, [])[0]!.values
