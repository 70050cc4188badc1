/**
 * Loops as ONNX' `Scan`.
 */
import type { Graph, Node } from "../Graph.ts"
import { dimensions } from "./dimensions.ts"
import { valueInfo } from "./proto.ts"
import type { Value } from "./Scope.ts"
import type { Writer } from "./Writer.ts"

type WriteNodes = (
  writer: Writer,
  graph: Graph,
  inputs: ReadonlyArray<Value>,
) => ReadonlyArray<Value>

/** Writes a loop, its body with `writeNodes`. What is captured is read from around the body. */
export const writeScan = (
  writer: Writer,
  inputs: ReadonlyArray<Value>,
  { attributes: { body, carry, slices } }: Node<"Scan">,
  writeNodes: WriteNodes,
): Value => {
  const inside = writer.within()
  const count = carry + slices
  const [given, captured] = [inputs.slice(0, count), inputs.slice(count)]
  const infoOf = (name: Value, { shape, dtype }: Node) => ({
    ...valueInfo(name, dtype, dimensions(shape, body.dynamic)),
    name,
  })
  const starts = given.map((_, i) => inside.input(inside.fresh(i < carry ? "carried" : "slice")))
  const values = writeNodes(inside, body, [...starts, ...captured])
  const graph = inside.finish(
    "step",
    starts.map((name, i) => infoOf(name, body.inputs[i]!)),
    body.outputs.map((output, i) => ({
      value: values[i]!,
      info: infoOf(inside.fresh(i < carry ? "next" : "given"), output),
    })),
  )
  return writer.addMany(
    "Scan",
    given,
    { body: { graph }, num_scan_inputs: slices },
    carry + 1,
    captured,
  )[carry]!
}
