import type { Graph } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import { dimensions } from "./dimensions.ts"
import { modelBytes, valueInfo } from "./proto.ts"
import { makeNames, makeScope } from "./Scope.ts"
import { writeNodes } from "./writeNodes.ts"

/** What the tensors of a model are called. */
export interface OnnxOptions {
  /** Default: the names in the graph; `input0`, `input1`, … where these are missing or not unique. */
  readonly inputNames?: ReadonlyArray<string>
  /** Default: `output0`, `output1`, … */
  readonly outputNames?: ReadonlyArray<string>
}

const checkNames = (kind: string, names: ReadonlyArray<string>, count: number): void => {
  if (names.length === count) return
  throw new GraphError(
    `toOnnx: ${names.length} ${kind} names for ${count} ${kind}s. Give each ${kind} one.`,
  )
}

/**
 * A graph as an ONNX model, for ONNX Runtime and every other reader of ONNX.
 *
 * **Details**
 *
 * - Operators of version 17, IR version 8, in float32; nothing outside of the standard
 * - An axis of the graph's dynamic size is free: one model runs at every batch size
 * - A product and the sum that follows it become one `Gemm`, slices side by side one `Split`
 * - Throws: {@link GraphError} for what the batch size decides in a way that ONNX cannot say
 *
 * **Example** (A model of one operation)
 *
 * ```ts
 * import { makeNode, toOnnx } from "@pushforward/graph"
 *
 * const x = makeNode("Input", [], { name: "x", shape: [2], dtype: "float32" })
 * const model = toOnnx({ inputs: [x], outputs: [makeNode("Exp", [x], {})] })
 * model instanceof Uint8Array // => true
 * ```
 *
 * @category writing
 */
export const toOnnx = (graph: Graph, options: OnnxOptions = {}): Uint8Array => {
  const { inputs, outputs, dynamic } = graph
  const given = inputs.map(({ attributes }) => attributes.name)
  const areGood = given.every((name) => name !== "") && new Set(given).size === given.length
  const inputNames = options.inputNames ?? (areGood ? given : inputs.map((_, i) => `input${i}`))
  const outputNames = options.outputNames ?? outputs.map((_, i) => `output${i}`)
  checkNames("input", inputNames, inputs.length)
  checkNames("output", outputNames, outputs.length)

  const scope = makeScope(makeNames([...inputNames, ...outputNames]))
  const values = writeNodes(scope, graph, inputNames.map(scope.input))
  const infoOf = (name: string, { shape, dtype }: Graph["outputs"][number]) => ({
    ...valueInfo(name, dtype, dimensions(shape, dynamic)),
    name,
  })
  return modelBytes(
    scope.finish(
      "pushforward",
      inputs.map((input, i) => infoOf(inputNames[i]!, input)),
      outputs.map((output, i) => ({ value: values[i]!, info: infoOf(outputNames[i]!, output) })),
    ),
  )
}
