/**
 * An ONNX graph under construction, perhaps the body of a loop within another.
 */
import { sizeOf } from "@pushforward/core"
import {
  type Attribute,
  attributeInit,
  type GraphInit,
  type NodeInit,
  type TensorInit,
  tensorInit,
  valueInfo,
  type ValueInfoInit,
  type ValueType,
} from "./proto.ts"

/** A value of an ONNX graph, by its name. */
export type Value = string

type Attributes = Readonly<Record<string, Attribute>>

/** A result of a graph: the value, and what it is to be called outside. */
interface Result {
  readonly value: Value
  readonly info: ValueInfoInit & { readonly name: string }
}

/**
 * Where nodes and constants are added.
 *
 * **Details**
 *
 * - A node goes into the outermost scope that knows all of its inputs: what does not change from step to step leaves the
 *   body of a loop by itself
 * - The same node or small constant twice is made once
 * - A node whose body reads values from around it names them as `captured`
 * - `declare`: says what a value's sizes are where the engine could not tell, and would give each a name of its own
 * - `within`: begins a graph that will be an attribute of a node here
 * - `finish`: the graph, with its results renamed to what they are called outside
 */
export interface Scope {
  readonly add: (op: string, inputs: ReadonlyArray<Value>, attributes?: Attributes) => Value
  readonly addMany: (
    op: string,
    inputs: ReadonlyArray<Value>,
    attributes: Attributes,
    count: number,
    captured?: ReadonlyArray<Value>,
  ) => ReadonlyArray<Value>
  readonly constant: (
    values: ArrayLike<number>,
    shape: ReadonlyArray<number>,
    type: ValueType,
  ) => Value
  readonly declare: (value: Value, type: ValueType, shape: ReadonlyArray<number | string>) => void
  /** Makes a value of an outer name: an input of this graph. */
  readonly input: (name: Value) => Value
  /** A name that is not taken. */
  readonly fresh: (hint: string) => Value
  readonly within: () => Scope
  readonly knows: (value: Value) => boolean
  readonly finish: (
    name: string,
    inputs: ReadonlyArray<ValueInfoInit>,
    results: ReadonlyArray<Result>,
  ) => GraphInit
}

/** A node before its values have their final names. */
interface Draft {
  readonly op: string
  readonly inputs: ReadonlyArray<Value>
  readonly outputs: ReadonlyArray<Value>
  readonly attributes: ReadonlyArray<readonly [string, Attribute]>
}

/** Constants of at most this many elements are looked up by their values, larger ones by identity. */
const small = 64

/** Gives names that are not taken. */
export const makeNames = (taken: Iterable<string>): ((hint: string) => Value) => {
  const used = new Set(taken)
  let count = 0
  return (hint) => {
    let name: string
    do name = `${hint}_${count++}`
    while (used.has(name))
    return name
  }
}

/** Begins a graph; `outer`, when given, is the one that it will be a part of. */
export const makeScope = (fresh: (hint: string) => Value, outer?: Scope): Scope => {
  const drafts: Array<Draft> = []
  const initializers: Array<TensorInit> = []
  const declared = new Map<Value, ValueInfoInit>()
  const own = new Set<Value>()
  const made = new Map<string, ReadonlyArray<Value>>()
  const large = new Map<ArrayLike<number>, Map<string, Value>>()

  const knows = (value: Value): boolean => own.has(value) || (outer?.knows(value) ?? false)

  const addMany: Scope["addMany"] = (op, inputs, attributes, count, captured = []) => {
    // An empty name stands for an input left out.
    if (outer && [...inputs, ...captured].every((input) => input === "" || outer.knows(input))) {
      return outer.addMany(op, inputs, attributes, count, captured)
    }
    // Graphs as attributes are made once anyway, and are long.
    const isUnique = Object.values(attributes).some((a) => typeof a === "object" && "graph" in a)
    const key = isUnique
      ? fresh(op)
      : `${op}|${inputs.join()}|${JSON.stringify(attributes, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v))}`
    const before = made.get(key)
    if (before) return before
    const outputs = Array.from({ length: count }, () => fresh(op))
    outputs.forEach((output) => own.add(output))
    drafts.push({ op, inputs, outputs, attributes: Object.entries(attributes) })
    made.set(key, outputs)
    return outputs
  }

  const constant: Scope["constant"] = (values, shape, type) => {
    if (outer) return outer.constant(values, shape, type)
    const isSmall = values.length <= small
    const key = `${type}[${shape.join()}]${isSmall ? Array.from(values, (v) => (Object.is(v, -0) ? "-0" : v)).join() : ""}`
    const before = isSmall ? made.get(key)?.[0] : large.get(values)?.get(key)
    if (before !== undefined) return before
    const name = fresh("Constant")
    own.add(name)
    initializers.push(tensorInit(values, shape, type, name))
    if (isSmall) made.set(key, [name])
    else large.set(values, (large.get(values) ?? new Map<string, Value>()).set(key, name))
    return name
  }

  const declare: Scope["declare"] = (value, type, shape) => {
    if (outer?.knows(value)) outer.declare(value, type, shape)
    else declared.set(value, valueInfo(value, type, shape))
  }

  const finish: Scope["finish"] = (name, inputs, results) => {
    const mine = new Set(drafts.flatMap((draft) => draft.outputs))
    const names = new Map<Value, string>()
    const extra: Array<NodeInit> = []
    for (const { value, info } of results) {
      if (mine.has(value) && !names.has(value)) names.set(value, info.name)
      else {
        // An input, a constant, a value from outside or one given twice: a copy has the name.
        extra.push({ opType: "Identity", name: info.name, input: [value], output: [info.name] })
      }
    }
    const renamed = (value: Value): string => names.get(value) ?? value
    const copies = extra.map((node) => ({ ...node, input: (node.input ?? []).map(renamed) }))
    return {
      name,
      node: [
        ...drafts.map(({ op, inputs: from, outputs, attributes }) => ({
          opType: op,
          name: outputs[0]!,
          input: from.map(renamed),
          output: outputs.map(renamed),
          attribute: attributes.map(([key, value]) => attributeInit(key, value)),
        })),
        ...copies,
      ],
      initializer: initializers,
      valueInfo: [...declared].flatMap(([value, info]) => (names.has(value) ? [] : [info])),
      input: [...inputs],
      output: results.map(({ info }) => info),
    }
  }

  const scope: Scope = {
    add: (op, inputs, attributes = {}) => addMany(op, inputs, attributes, 1)[0]!,
    addMany,
    constant,
    declare,
    input: (name) => {
      own.add(name)
      return name
    },
    fresh,
    within: () => makeScope(fresh, scope),
    knows,
    finish,
  }
  return scope
}

/** A constant of one number in every place. */
export const filled = (
  scope: Scope,
  value: number,
  shape: ReadonlyArray<number>,
  type: ValueType,
): Value =>
  sizeOf(shape) <= small
    ? scope.constant(
        Array.from({ length: sizeOf(shape) }, () => value),
        shape,
        type,
      )
    : scope.add("ConstantOfShape", [scope.constant(shape, [shape.length], "int64")], {
        value: { tensor: tensorInit([value], [1], type) },
      })
