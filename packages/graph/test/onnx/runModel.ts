import { sizeOf } from "@pushforward/core"
import * as ort from "onnxruntime-node"
import { type DType, type Graph, makeNode, type Node, toOnnx } from "../../src/index.ts"

/** Numbers with a shape, as they go into and come out of a model. */
export interface Numbers {
  readonly shape: ReadonlyArray<number>
  readonly values: ReadonlyArray<number>
}

export const input = (
  shape: ReadonlyArray<number>,
  dtype: DType = "float32",
  name = "",
): Node<"Input"> => makeNode("Input", [], { name, shape, dtype })

export const constant = (
  values: ArrayLike<number>,
  shape: ReadonlyArray<number> = [],
  dtype: DType = "float32",
): Node => makeNode("Constant", [], { values, shape, dtype })

const data = {
  float32: (values: ReadonlyArray<number>) => Float32Array.from(values),
  int32: (values: ReadonlyArray<number>) => Int32Array.from(values),
  int64: (values: ReadonlyArray<number>) => BigInt64Array.from(values, BigInt),
  bool: (values: ReadonlyArray<number>) => Uint8Array.from(values),
}

export const tensor = (dtype: keyof typeof data, { shape, values }: Numbers): ort.Tensor =>
  new ort.Tensor(dtype, data[dtype](values) as Float32Array, [...shape])

export const numbersOf = (result: ort.Tensor): Numbers => ({
  shape: result.dims,
  values: Array.from(result.data as ArrayLike<number>, Number),
})

export const open = (model: Uint8Array): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1 })

/** Writes a graph, runs it in ONNX Runtime, and gives its outputs. */
export const runGraph = async (
  graph: Graph,
  ...inputs: ReadonlyArray<Numbers>
): Promise<ReadonlyArray<Numbers>> => {
  const inputNames = graph.inputs.map((_, i) => `in${i}`)
  const outputNames = graph.outputs.map((_, i) => `out${i}`)
  const session = await open(toOnnx(graph, { inputNames, outputNames }))
  try {
    const feeds = Object.fromEntries(
      inputs.map((numbers, i) => [inputNames[i]!, tensor(graph.inputs[i]!.dtype, numbers)]),
    )
    const results = await session.run(feeds)
    return outputNames.map((name) => numbersOf(results[name]!))
  } finally {
    await session.release()
  }
}

/** Runs one output of one graph. */
export const runNode = async (
  output: Node,
  inputs: ReadonlyArray<Node<"Input">>,
  ...values: ReadonlyArray<ReadonlyArray<number>>
): Promise<Numbers> => {
  const given = inputs.map(({ shape }, i) => ({ shape, values: values[i]! }))
  for (const { shape, values: list } of given) {
    if (sizeOf(shape) !== list.length)
      throw new Error(`${list.length} values for [${shape.join()}]`)
  }
  return (await runGraph({ inputs, outputs: [output] }, ...given))[0]!
}
