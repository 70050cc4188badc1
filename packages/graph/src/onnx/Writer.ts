/**
 * What the rules write with: a scope, and sizes that are known only when the model runs.
 */
import type { Shape } from "@pushforward/core"
import type { DType, Graph } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import { filled, type Scope, type Value } from "./Scope.ts"

/**
 * A scope that knows the graph's dynamic size.
 *
 * **Details**
 *
 * - `isDynamic(size)`: whether a size is a multiple of the one that stands for the unknown batch size
 * - `sizes(list)`: a vector of whole numbers (`int64`), dynamic ones as they are when the model runs
 * - `fill`, `cast`, `scalar`: a tensor of one number; a value as another type; a constant without axes
 * - `within`: a writer of a graph that will be an attribute of a node here
 */
export interface Writer extends Scope {
  readonly isDynamic: (size: number) => boolean
  readonly sizes: (list: ReadonlyArray<number>) => Value
  readonly fill: (value: number, shape: Shape, type: DType) => Value
  readonly cast: (value: Value, from: DType, to: DType) => Value
  readonly scalar: (value: number, type?: DType) => Value
  readonly within: () => Writer
}

const onnxTypes = { float32: 1, int32: 6, bool: 9 } as const

/** An input that tells the dynamic size, its axis, and how often the size is in it. */
interface Teller {
  readonly value: Value
  readonly axis: number
  readonly times: number
}

const tellerOf = ({ inputs, dynamic }: Graph, values: ReadonlyArray<Value>): Teller | undefined => {
  if (dynamic === undefined) return undefined
  const tellers = inputs.flatMap(({ shape }, i) =>
    shape.flatMap((size, axis) =>
      size > 0 && size % dynamic === 0 ? [{ value: values[i]!, axis, times: size / dynamic }] : [],
    ),
  )
  return tellers.toSorted((a, b) => a.times - b.times)[0]
}

/** A writer into `scope` for `graph`, whose inputs have these values. */
export const makeWriter = (scope: Scope, graph: Graph, values: ReadonlyArray<Value>): Writer =>
  writerInto(scope, graph.dynamic, tellerOf(graph, values))

const writerInto = (
  scope: Scope,
  dynamic: number | undefined,
  teller: Teller | undefined,
): Writer => {
  const isDynamic = (size: number): boolean =>
    dynamic !== undefined && size !== 0 && size % dynamic === 0
  const ints = (values: ReadonlyArray<number>): Value =>
    scope.constant(values, [values.length], "int64")

  /** `times` batch sizes, as a vector of one number. */
  const multiple = (times: number): Value => {
    if (!teller) {
      throw new GraphError(
        `toOnnx: no input has the dynamic size ${dynamic}, so nothing tells it when the model runs. ` +
          `Give the function an input with that axis.`,
      )
    }
    const told = scope.add("Shape", [teller.value], { start: teller.axis, end: teller.axis + 1 })
    const n = teller.times === 1 ? told : scope.add("Div", [told, ints([teller.times])])
    return times === 1 ? n : scope.add("Mul", [n, ints([times])])
  }

  const sizes: Writer["sizes"] = (list) => {
    if (!list.some(isDynamic)) return ints(list)
    const runs: Array<Value> = []
    let fixed: Array<number> = []
    const flush = (): void => {
      if (fixed.length > 0) runs.push(ints(fixed))
      fixed = []
    }
    for (const size of list) {
      if (isDynamic(size)) {
        flush()
        runs.push(multiple(size / dynamic!))
      } else {
        fixed.push(size)
      }
    }
    flush()
    return runs.length === 1 ? runs[0]! : scope.add("Concat", runs, { axis: 0 })
  }

  return {
    ...scope,
    isDynamic,
    sizes,
    fill: (value, shape, type) =>
      shape.some(isDynamic)
        ? scope.add("Expand", [scope.constant([value], [], type), sizes(shape)])
        : filled(scope, value, shape, type),
    cast: (value, from, to) =>
      from === to ? value : scope.add("Cast", [value], { to: onnxTypes[to] }),
    scalar: (value, type = "float32") => scope.constant([value], [], type),
    within: () => writerInto(scope.within(), dynamic, teller),
  }
}
