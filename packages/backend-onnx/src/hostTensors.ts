/**
 * Numbers between the caller and ONNX Runtime.
 */
import type { HostTensor } from "@pushforward/core"
import type { Tensor } from "onnxruntime-common"
import type { Engine } from "./engine.ts"

/** A view of the caller's numbers, not a copy. */
export const toTensor = ({ Tensor }: Engine, { shape, dtype, values }: HostTensor): Tensor =>
  dtype === "int32"
    ? new Tensor("int32", values, [...shape])
    : new Tensor("float32", values, [...shape])

/** The numbers of a result, which is nobody else's. */
export const toHost = ({ dims, data }: Tensor): HostTensor =>
  data instanceof Int32Array
    ? { shape: dims, dtype: "int32", values: data }
    : { shape: dims, dtype: "float32", values: data as Float32Array }

/** A tensor with numbers of its own. */
export const copyOf = (tensor: HostTensor): HostTensor =>
  tensor.dtype === "int32"
    ? { ...tensor, values: tensor.values.slice() }
    : { ...tensor, values: tensor.values.slice() }

/**
 * Gives the memory of a result back that nobody needs any more. The garbage collector would, some tens of megabytes later, since it
 * hardly sees what lies outside its heap.
 */
export const letGo = (tensor: Tensor): void => {
  const { buffer } = tensor.data as Float32Array<ArrayBuffer>
  buffer.transfer(0)
}

/** Joins results of several calls along their first axis. */
export const joined = (parts: ReadonlyArray<HostTensor>): HostTensor => {
  const [first] = parts as [HostTensor, ...ReadonlyArray<HostTensor>]
  if (parts.length === 1) return first
  const size = parts.reduce((sum, { values }) => sum + values.length, 0)
  const shape = [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...first.shape.slice(1)]
  const into = <V extends Float32Array | Int32Array>(values: V): V => {
    let at = 0
    for (const part of parts) {
      values.set(part.values, at)
      at += part.values.length
    }
    return values
  }
  return first.dtype === "int32"
    ? { shape, dtype: "int32", values: into(new Int32Array(size)) }
    : { shape, dtype: "float32", values: into(new Float32Array(size)) }
}

/** Some of the rows of a tensor, as a view. */
export const rowsOf = (tensor: HostTensor, from: number, to: number): HostTensor => {
  const { shape, values } = tensor
  const size = shape[0] === 0 ? 0 : values.length / shape[0]!
  const part = { shape: [to - from, ...shape.slice(1)] }
  return tensor.dtype === "int32"
    ? { ...part, dtype: "int32", values: tensor.values.subarray(from * size, to * size) }
    : { ...part, dtype: "float32", values: tensor.values.subarray(from * size, to * size) }
}
