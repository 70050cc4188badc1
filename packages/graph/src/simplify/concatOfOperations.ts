import { sameShape, sizeOf } from "@pushforward/core"
import { type AnyNode, type BinaryOp, makeNode, type Node, type UnaryOp } from "../Graph.ts"
import { constant, isWorthReading, uniform, valuesOf } from "./constants.ts"
import { expand, reshape } from "./identities.ts"
import { unaryOps } from "./operations.ts"
import { isOp, type Pass, type Rule, rule, rulePass, settled, type Surroundings } from "./Pass.ts"

/**
 * Operations that leave their left input as it is when the right one is this.
 */
const neutral: Readonly<Partial<Record<string, number>>> = {
  Add: 0,
  Sub: 0,
  Mul: 1,
  Div: 1,
  Max: -Infinity,
  Min: Infinity,
}

/** What a function of one input gives this number for, exactly. */
const inverses: Readonly<Partial<Record<string, (y: number) => number | undefined>>> = {
  Neg: (y) => -y,
  Abs: (y) => (y >= 0 ? y : undefined),
  Reciprocal: (y) => (y === 1 ? 1 : undefined),
  Exp: (y) => (y === 1 ? 0 : undefined),
}

const unary: ReadonlySet<string> = new Set(unaryOps)

const isConstant = (node: Node): node is Node<"Constant"> => node.op === "Constant"

/** How many nodes of these are operations, each counted once. */
const operations = (nodes: Iterable<Node>): number =>
  [...new Set(nodes)].filter(({ op }) => op !== "Constant" && op !== "Input").length

const filled = (value: number, like: Node): Node => constant([value], like.shape, like.dtype)

/** One part of a concat as the result of an operation. */
interface Application {
  readonly op: string
  readonly left: Node
  readonly right: Node | undefined
  /** The operations that are not needed once the operation is done for all parts. */
  readonly saved: ReadonlyArray<Node>
  /** And those that are new. */
  readonly made: ReadonlyArray<Node>
}

/** Whether nothing but `concat` uses `part`. */
const isPrivate = (part: Node, concat: Node, { uses }: Surroundings): boolean =>
  uses(part) <= concat.inputs.filter((input) => input === part).length

/** Parts of at most this many elements are computed again, when something else needs them, too. */
const cheap = 256

/** Inputs in the shape that a part has, each made once. */
const shaping = (): ((input: Node, inside: Node, part: Node, made: Array<Node>) => Node) => {
  const known = new Map<Node, Map<string, ReadonlyArray<Node>>>()
  return (input, inside, part, made) => {
    if (isConstant(input)) {
      const { values } = input.attributes
      if (values.length === 1) return constant(values, part.shape, input.dtype)
      if (sameShape(input.shape, inside.shape)) return constant(values, part.shape, input.dtype)
    }
    const key = `${inside.shape.join()}>${part.shape.join()}`
    const ofInput = known.get(input) ?? new Map<string, ReadonlyArray<Node>>()
    known.set(input, ofInput)
    let steps = ofInput.get(key)
    if (steps === undefined) {
      const whole = expand(input, inside.shape)
      steps = [whole, reshape(whole, part.shape)].filter(
        (step, i, all) => step !== (all[i - 1] ?? input),
      )
      ofInput.set(key, steps)
    }
    made.push(...steps)
    return steps.at(-1) ?? input
  }
}

/** `part` as an operation on parts of its own shape. */
const application = (
  part: Node,
  concat: Node,
  around: Surroundings,
  shaped: ReturnType<typeof shaping>,
): Application | undefined => {
  if (part.dtype !== "float32") return undefined
  let node = part as AnyNode
  const reshapes: Array<Node> = []
  while (node.op === "Reshape") {
    reshapes.push(node)
    node = node.inputs[0] as AnyNode
  }
  if (!unary.has(node.op) && neutral[node.op] === undefined) return undefined
  if (node.inputs.some(({ dtype }) => dtype !== "float32")) return undefined
  const path = [...reshapes, node]
  const isOwn =
    isPrivate(part, concat, around) &&
    path.every((each) => each === part || around.uses(each) === 1)
  if (!isOwn && sizeOf(part.shape) > cheap) return undefined
  const made: Array<Node> = []
  const [left, right] = node.inputs.map((input) => shaped(input, node, part, made)) as [
    Node,
    Node | undefined,
  ]
  return { op: node.op, left, right, saved: isOwn ? path : [], made }
}

/** One operation on concatenated inputs, where there were many on the parts. */
const liftOperation = (concat: Node<"Concat">, around: Surroundings): Node | undefined => {
  const shaped = shaping()
  const found = concat.inputs.map((part) => application(part, concat, around, shaped))
  const counts = new Map<string, number>()
  for (const each of found) if (each) counts.set(each.op, (counts.get(each.op) ?? 0) + 1)
  const [op] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? []
  if (op === undefined || counts.get(op)! < 2) return undefined
  const applications = found.map((each) => (each?.op === op ? each : undefined))
  const value = neutral[op]
  const invert = inverses[op]
  const lefts = applications.map((each, i) => {
    const part = concat.inputs[i]!
    if (each) return each.left
    if (value !== undefined) return part
    const single = uniform(part)
    const inverse = single === undefined ? undefined : invert?.(single)
    return inverse === undefined ? undefined : filled(inverse, part)
  })
  if (!lefts.every((left) => left !== undefined)) return undefined
  const rights =
    value === undefined
      ? []
      : applications.map((each, i) => each?.right ?? filled(value, concat.inputs[i]!))
  const saved = operations(applications.flatMap((each) => each?.saved ?? []))
  const made = operations(applications.flatMap((each) => each?.made ?? []))
  // The operation, and a concat for each of its inputs that is not constant.
  const added = 1 + [lefts, rights].filter((parts) => !parts.every(isConstant)).length
  if (saved + 1 <= added + made) return undefined
  const left = join(lefts, concat, saved)
  const right = join(rights, concat, saved)
  if (left === undefined || (value !== undefined && right === undefined)) return undefined
  return makeNode(op as UnaryOp | BinaryOp, value === undefined ? [left] : [left, right!], {})
}

/**
 * The parts in a row; a constant when all of them are. Nothing when that is more to read than `saved` operations are
 * worth.
 */
const join = (
  parts: ReadonlyArray<Node>,
  { attributes: { axis }, shape, dtype }: Node<"Concat">,
  saved: number,
): Node | undefined => {
  if (parts.length === 0) return undefined
  if (!parts.every(isConstant)) return makeNode("Concat", parts, { axis })
  const each = uniform(parts[0]!)
  if (each !== undefined && parts.every((part) => Object.is(uniform(part), each))) {
    return constant([each], shape, dtype)
  }
  // Along the first axis of some size, the numbers of one part lie together.
  const size = sizeOf(shape)
  if (!isWorthReading(size, saved) || sizeOf(shape.slice(0, axis)) !== 1) return undefined
  const values = new Float64Array(size)
  let offset = 0
  for (const part of parts) {
    values.set(valuesOf(part), offset)
    offset += sizeOf(part.shape)
  }
  return constant(values, shape, dtype)
}

/** A slice of neighbouring elements of a vector. */
const elementsOf = (
  node: Node,
): { readonly of: Node; readonly from: number; readonly count: number } | undefined => {
  if (!isOp(node, "Slice") || node.shape.length !== 1) return undefined
  const { begin, sizes, strides } = node.attributes
  return strides[0] === 1 || sizes[0] === 1
    ? { of: node.inputs[0]!, from: begin[0]!, count: sizes[0]! }
    : undefined
}

/** Where each part of a concat of vectors begins. */
const offsetsOf = ({ inputs }: Node<"Concat">): ReadonlyArray<number> => {
  let next = 0
  return inputs.map(({ shape }) => {
    const offset = next
    next += shape[0]!
    return offset
  })
}

/** A concat of vectors with runs of at least two of its parts replaced by one each. */
const replaceRuns = <A>(
  { inputs, attributes }: Node<"Concat">,
  find: (part: Node) => A | undefined,
  follows: (last: A, next: A) => boolean,
  replace: (run: ReadonlyArray<Node>, found: ReadonlyArray<A>) => Node | undefined,
): Node | undefined => {
  const parts: Array<Node> = []
  for (let i = 0; i < inputs.length;) {
    const run: Array<A> = []
    for (let found = find(inputs[i]!); found !== undefined;) {
      run.push(found)
      const next = inputs[i + run.length]
      found = next && find(next)
      if (found !== undefined && !follows(run.at(-1)!, found)) break
    }
    const replaced = run.length > 1 ? replace(inputs.slice(i, i + run.length), run) : undefined
    if (replaced) parts.push(replaced)
    else parts.push(...inputs.slice(i, i + Math.max(1, run.length)))
    i += Math.max(1, run.length)
  }
  if (parts.length === inputs.length) return undefined
  return parts.length === 1 ? parts[0]! : makeNode("Concat", parts, attributes)
}

const gather = (x: Node, places: ReadonlyArray<number>): Node =>
  makeNode("Gather", [x, constant(Int32Array.from(places), [places.length], "int32")], { axis: 0 })

/** Longer slices are copied faster than they are gathered. */
const smallSlice = 64

/** The rules of {@link concatOfOperations}. */
export const concatRules: ReadonlyArray<Rule> = [
  rule("concat of operations", "Concat", liftOperation),
  rule("concat of neighbouring constants", "Concat", (node) =>
    replaceRuns(
      node,
      (part) => (isConstant(part) ? part : undefined),
      () => true,
      (_, run) => join(run, makeNode("Concat", run, node.attributes), run.length),
    ),
  ),
  rule("concat of repeated numbers", "Concat", (node, around) => {
    if (node.shape.length !== 1 || !node.shape.every(around.known)) return undefined
    const constants = new Map<number, Node>()
    const single = (value: number): Node => {
      const known = constants.get(value) ?? constant([value], [1], node.dtype)
      constants.set(value, known)
      return known
    }
    const numbers = node.inputs.map((part) => {
      const value = uniform(part)
      if (value !== undefined) return single(value)
      return isOp(part, "Expand") && sizeOf(part.inputs[0]!.shape) === 1
        ? part.inputs[0]!
        : undefined
    })
    if (!numbers.every((number) => number !== undefined)) return undefined
    const distinct = [...new Set(numbers)]
    const table = distinct.map((number) => reshape(number, [1]))
    const saved = operations(node.inputs.filter((part) => isPrivate(part, node, around)))
    const made = table.filter((number, i) => number !== distinct[i]).length
    // The concat, the table and the gather.
    if (saved + 1 <= made + 2) return undefined
    const places = node.inputs.flatMap((part, i) =>
      Array.from({ length: part.shape[0]! }, () => distinct.indexOf(numbers[i]!)),
    )
    return gather(makeNode("Concat", table, { axis: 0 }), places)
  }),
  rule("concat with constants in other places", "Concat", (node) => {
    const slices = node.inputs.flatMap((part) => elementsOf(part) ?? [])
    const [first] = slices
    if (slices.length < 2 || !sameShape(first!.of.shape, node.shape)) return undefined
    const places = offsetsOf(node)
    const fits = node.inputs.every((part, i) => {
      const found = elementsOf(part)
      return isConstant(part) || (found?.of === first!.of && found.from === places[i])
    })
    if (!fits) return undefined
    const inside = new Uint8Array(node.shape[0]!)
    const others = new Float64Array(node.shape[0]!)
    node.inputs.forEach((part, i) => {
      if (isConstant(part)) others.set(valuesOf(part), places[i])
      else inside.fill(1, places[i], places[i]! + part.shape[0]!)
    })
    return makeNode(
      "Where",
      [constant(inside, node.shape, "bool"), first!.of, constant(others, node.shape, node.dtype)],
      {},
    )
  }),
  rule("concat of many slices", "Concat", (node, around) =>
    node.shape.length !== 1
      ? undefined
      : replaceRuns(
          node,
          (part) => {
            const found = elementsOf(part)
            return found &&
              found.count <= smallSlice &&
              isPrivate(part, node, around) &&
              around.known(found.count)
              ? found
              : undefined
          },
          (last, next) => last.of === next.of,
          (_, run) =>
            gather(
              run[0]!.of,
              run.flatMap(({ from, count }) =>
                Array.from({ length: count }, (_each, i) => from + i),
              ),
            ),
        ),
  ),
]

/**
 * Does one thing to many parts of a vector at once, where it was done to each part before they were put together.
 *
 * | before | after |
 * |---|---|
 * | `concat(a₁ + b₁, …, aₙ + bₙ)`; also for `−`, `·`, `/`, `max`, `min` | `concat(a₁, …) + concat(b₁, …)` |
 * | `concat(a₁ · b₁, a₂)` | `concat(a₁, a₂) · concat(b₁, 1)`, when that is fewer operations |
 * | `concat(f(a₁), …, f(aₙ))` | `f(concat(a₁, …, aₙ))` |
 * | `concat(expand(a₁), expand(a₂), …)` of single numbers | `gather(concat(a₁, a₂), [0, 0, …, 1, 1, …])` |
 * | `concat(x[3:5], x[7:9], …)`, small slices | `gather(x, [3, 4, 7, 8, …])` |
 * | `concat(x[0:2], c, x[3:9])` as long as `x` | `where(mask, x, c)` |
 *
 * A training step makes its new state, and its gradient, from a part for every layer. Each operation costs more to start
 * than to do on so few numbers.
 *
 * Every rewrite is exact, but for the sign of a zero.
 *
 * @category passes
 */
export const concatOfOperations: Pass = settled(rulePass(concatRules))
