import type { Graph, Node } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import { modelBytes, valueInfo } from "./proto.ts"
import { makeNames, makeScope, type Scope, type Value } from "./Scope.ts"
import { writeNodes } from "./writeNodes.ts"

/** How many of a step's inputs are carried, stay put, and are given for each step. */
export interface LoopLayout {
  readonly carry: number
  readonly resident: number
  readonly inputs: number
}

/** What the tensors of a loop's model are called. */
export interface LoopNames {
  /** The number of steps, an `int64` without axes. */
  readonly steps: string
  readonly carry: ReadonlyArray<string>
  readonly resident: ReadonlyArray<string>
  readonly inputs: ReadonlyArray<string>
  readonly nextCarry: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<string>
}

const numbered = (name: string, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, i) => `${name}${i}`)

/** The names in the model of {@link toOnnxLoop}: `steps`, `carry0`, …, and for its results `nextCarry0`, …, `output0`, … */
export const loopNames = (step: Graph, { carry, resident, inputs }: LoopLayout): LoopNames => ({
  steps: "steps",
  carry: numbered("carry", carry),
  resident: numbered("resident", resident),
  inputs: numbered("input", inputs),
  nextCarry: numbered("nextCarry", carry),
  outputs: numbered("output", step.outputs.length - carry),
})

const check = (step: Graph, { carry, resident, inputs }: LoopLayout): void => {
  if (step.dynamic !== undefined) {
    throw new GraphError(
      "toOnnxLoop: a step has fixed sizes. Trace it with the batch size that it will have.",
    )
  }
  if (carry + resident + inputs !== step.inputs.length || step.outputs.length < carry) {
    throw new GraphError(
      `toOnnxLoop: ${carry} carried, ${resident} resident and ${inputs} step inputs do not fit a step of ` +
        `${step.inputs.length} inputs and ${step.outputs.length} outputs. Count them again.`,
    )
  }
  for (let i = 0; i < carry; i++) {
    const [from, to] = [step.inputs[i]!, step.outputs[i]!]
    if (from.shape.join() !== to.shape.join() || from.dtype !== to.dtype) {
      throw new GraphError(
        `toOnnxLoop: carry ${i} goes in as ${from.dtype} [${from.shape.join()}] and comes out as ` +
          `${to.dtype} [${to.shape.join()}]. Carry the same shape and type on.`,
      )
    }
  }
}

/** Whether to go on: every number of the first output is finite. A difference of infinities and a NaN compare as false. */
const goesOn = (
  { add, constant }: Scope,
  node: Node | undefined,
  value: Value | undefined,
): Value => {
  if (node?.dtype !== "float32") return constant([1], [], "bool")
  const finite = add("Less", [add("Abs", [value!]), constant([Infinity], [], "float32")])
  if (node.shape.length === 0) return finite
  const axes = node.shape.map((_, i) => i)
  const least = add("ReduceMin", [add("Cast", [finite], { to: 6 })], { axes, keepdims: 0 })
  return add("Cast", [least], { to: 9 })
}

/**
 * A step as an ONNX model that does many of them: an ONNX `Loop` around the step's graph.
 *
 * **Details**
 *
 * - The step: inputs `[...carry, ...resident, ...inputs]`, outputs `[...nextCarry, ...outputs]`
 * - The model: inputs `steps`, carry, resident, and the step inputs with a leading axis of `steps`; outputs the carry after
 *   the last step, and what the steps gave, with a leading axis. See {@link loopNames}
 * - Stops after the first step whose first output is not finite: the outputs are shorter then
 * - What depends on nothing but constants and resident tensors is done once, before the loop
 * - Throws: {@link GraphError} for a layout that does not fit
 *
 * **Example** (Powers of two)
 *
 * ```ts
 * import { makeNode, toOnnxLoop } from "@pushforward/graph"
 *
 * const x = makeNode("Input", [], { name: "x", shape: [], dtype: "float32" })
 * const step = { inputs: [x], outputs: [makeNode("Add", [x, x], {}), x] }
 * const model = toOnnxLoop(step, { carry: 1, resident: 0, inputs: 0 })
 * model instanceof Uint8Array // => true
 * ```
 *
 * @category writing
 */
export const toOnnxLoop = (step: Graph, layout: LoopLayout): Uint8Array => {
  check(step, layout)
  const names = loopNames(step, layout)
  const fresh = makeNames(Object.values(names).flat() as ReadonlyArray<string>)
  const outer = makeScope(fresh)
  const body = makeScope(fresh, outer)
  const [carried, stepInputs, outputs] = [
    step.inputs.slice(0, layout.carry),
    step.inputs.slice(layout.carry + layout.resident),
    step.outputs.slice(layout.carry),
  ]

  const starts = names.carry.map(outer.input)
  const resident = names.resident.map(outer.input)
  const rows = names.inputs.map(outer.input)
  const steps = outer.input(names.steps)

  const iteration = body.input(fresh("iteration"))
  const going = body.input(fresh("going"))
  const carries = carried.map(() => body.input(fresh("carried")))
  const given = rows.map((row) => body.add("Gather", [row, iteration], { axis: 0 }))
  const values = writeNodes(body, step, [...carries, ...resident, ...given])
  const next = goesOn(body, outputs[0], values[layout.carry])

  const result = (value: Value, hint: string, { shape, dtype }: Node) => {
    const name = fresh(hint)
    return { value, info: { ...valueInfo(name, dtype, shape), name } }
  }
  const stillGoing = fresh("stillGoing")
  const graph = body.finish(
    "step",
    [
      valueInfo(iteration, "int64", []),
      valueInfo(going, "bool", []),
      ...carried.map(({ shape, dtype }, i) => valueInfo(carries[i]!, dtype, shape)),
    ],
    [
      { value: next, info: { ...valueInfo(stillGoing, "bool", []), name: stillGoing } },
      ...carried.map((node, i) => result(values[i]!, "next", node)),
      ...outputs.map((node, i) => result(values[layout.carry + i]!, "given", node)),
    ],
  )

  const loop = outer.addMany(
    "Loop",
    [steps, outer.constant([1], [], "bool"), ...starts],
    { body: { graph } },
    layout.carry + outputs.length,
  )
  const infoOf = (name: string, { shape, dtype }: Node, ...leading: ReadonlyArray<string>) => ({
    ...valueInfo(name, dtype, [...leading, ...shape]),
    name,
  })
  return modelBytes(
    outer.finish(
      "pushforward",
      [
        valueInfo(names.steps, "int64", []),
        ...carried.map((node, i) => infoOf(names.carry[i]!, node)),
        ...resident.map((name, i) => infoOf(name, step.inputs[layout.carry + i]!)),
        ...stepInputs.map((node, i) => infoOf(names.inputs[i]!, node, "steps")),
      ],
      [
        ...carried.map((node, i) => ({ value: loop[i]!, info: infoOf(names.nextCarry[i]!, node) })),
        ...outputs.map((node, i) => ({
          value: loop[layout.carry + i]!,
          info: infoOf(names.outputs[i]!, node, "done"),
        })),
      ],
    ),
  )
}
