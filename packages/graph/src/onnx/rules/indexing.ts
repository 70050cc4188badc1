/**
 * Elements by their places.
 */
import { sizeOf } from "@pushforward/core"
import type { Node } from "../../Graph.ts"
import { reshaped } from "./arrays.ts"
import type { Rule } from "./Rule.ts"

export const gather: Rule<"Gather"> = (writer, [x, places], { attributes: { axis }, inputs }) =>
  writer.add("Gather", [x!, writer.cast(places!, inputs[1]!.dtype, "int32")], { axis })

/** The inverse of constant places that are a permutation. */
const inverseOf = (places: Node, count: number): Int32Array | undefined => {
  if (places.op !== "Constant" || places.shape.length !== 1 || places.shape[0] !== count)
    return undefined
  const { values } = (places as Node<"Constant">).attributes
  if (values.length !== count) return undefined
  const inverse = new Int32Array(count).fill(-1)
  for (let i = 0; i < count; i++) inverse[values[i]!] = i
  return inverse.includes(-1) ? undefined : inverse
}

/**
 * Sums rows by their places. The runtime does `ScatterElements` in order, so that rows with one place add up the same way
 * every time; `ScatterND` divides them among threads.
 */
export const scatterAdd: Rule<"ScatterAdd"> = (
  writer,
  [x, places],
  { attributes: { count }, inputs: [rows, at], shape, dtype },
) => {
  const inverse = inverseOf(at!, count)
  if (inverse)
    return writer.add("Gather", [x!, writer.constant(inverse, [count], "int32")], { axis: 0 })
  const rest = shape.slice(1)
  const type = dtype === "bool" ? "int32" : dtype
  const many = sizeOf(at!.shape)
  const updates = reshaped(writer, writer.cast(x!, rows!.dtype, type), rows!.shape, [many, ...rest])
  const column = [many, ...rest.map(() => 1)]
  const flat = reshaped(writer, writer.cast(places!, at!.dtype, "int32"), at!.shape, column)
  const indices = writer.add("Expand", [flat, writer.add("Shape", [updates])])
  const sums = writer.add("ScatterElements", [writer.fill(0, shape, type), indices, updates], {
    axis: 0,
    reduction: "add",
  })
  return writer.cast(sums, type, dtype)
}
