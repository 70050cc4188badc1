import { sameShape } from "@pushforward/core"
import type { Node } from "../Graph.ts"
import { hashValues } from "./constants.ts"
import { commutativeOps } from "./operations.ts"
import { isOp, outlineOf, type Pass, replaceInputs, replaceOutputs } from "./Pass.ts"

const commutative: ReadonlySet<string> = new Set(commutativeOps)

const attributeKeys = new WeakMap<object, string>()

const bodyNames = new WeakMap<object, string>()
let bodyCount = 0

/** A graph in an attribute: the same only as itself. */
const bodyName = (body: object): string => {
  const known = bodyNames.get(body)
  if (known !== undefined) return known
  const name = `#${bodyCount++}`
  bodyNames.set(body, name)
  return name
}

const showValue = (value: unknown): string =>
  Object.is(value, -0)
    ? "-0"
    : typeof value === "object" && value !== null && !Array.isArray(value)
      ? bodyName(value)
      : String(value)

/** The attributes as text, written once for each object. */
const attributeKey = (attributes: object): string => {
  const known = attributeKeys.get(attributes)
  if (known !== undefined) return known
  const key = Object.entries(attributes)
    .map(([name, value]) => `${name}=${showValue(value)}`)
    .join(";")
  attributeKeys.set(attributes, key)
  return key
}

const sameValues = (a: Node<"Constant">, b: Node<"Constant">): boolean => {
  const [left, right] = [a.attributes.values, b.attributes.values]
  if (left === right) return true
  if (left.length !== right.length || !sameShape(a.shape, b.shape)) return false
  for (let i = 0; i < left.length; i++) if (!Object.is(left[i], right[i])) return false
  return true
}

/**
 * Makes equal nodes one node.
 *
 * | before | after |
 * |---|---|
 * | `f(x) … f(x)` | one `f(x)`, used twice |
 * | `a + b … b + a` | one `a + b`: also for `·`, `max`, `min`, `=`, and logic |
 * | constants of the same type, shape and values | one constant |
 *
 * Gradients compute much of the forward pass again; here the two meet. Masked weights, for one, are made once a step.
 *
 * @category passes
 */
export const commonSubexpressions: Pass = (graph, fired) => {
  const ids = new Map<Node, number>()
  const known = new Map<string, Node>()
  const constants = new Map<string, Array<Node<"Constant">>>()
  const changed = new Map<Node, Node>()

  const first = (node: Node): Node => {
    if (isOp(node, "Constant")) {
      const { values } = node.attributes
      const key = `${node.dtype}[${node.shape.join()}]${hashValues(values)}`
      const bucket = constants.get(key)
      if (bucket === undefined) {
        constants.set(key, [node])
        return node
      }
      const same = bucket.find((other) => sameValues(node, other))
      if (same === undefined) bucket.push(node)
      return same ?? node
    }
    const inputs = node.inputs.map((input) => ids.get(input)!)
    if (commutative.has(node.op)) inputs.sort((a, b) => a - b)
    const key = `${node.op}${attributeKey(node.attributes)}(${inputs.join()})`
    const other = known.get(key)
    if (other === undefined) known.set(key, node)
    return other ?? node
  }

  for (const node of outlineOf(graph).nodes) {
    if (node.op === "Input") {
      ids.set(node, ids.size)
      continue
    }
    const next = first(replaceInputs(node, changed))
    if (ids.has(next)) fired?.("shared")
    else ids.set(next, ids.size)
    if (next !== node) changed.set(node, next)
  }
  return replaceOutputs(graph, changed)
}
