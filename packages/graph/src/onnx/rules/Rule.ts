import type { Node, OpName } from "../../Graph.ts"
import type { Value } from "../Scope.ts"
import type { Writer } from "../Writer.ts"

/** Writes one operation: the ONNX nodes whose last value is the operation's, given its inputs' values. */
export type Rule<K extends OpName = OpName> = (
  writer: Writer,
  inputs: ReadonlyArray<Value>,
  node: Node<K>,
) => Value
