/**
 * Operations that move elements: shapes, slices, joins.
 */
import type { Shape } from "@pushforward/core"
import { GraphError } from "../../GraphError.ts"
import type { Value } from "../Scope.ts"
import { uniform } from "../uniform.ts"
import type { Writer } from "../Writer.ts"
import type { Rule } from "./Rule.ts"

/** "To the end", whatever the size, as ONNX writes it. */
const far = 2 ** 53

export const constant: Rule<"Constant"> = (writer, _, node) => {
  const { attributes, shape, dtype } = node
  const { values } = attributes
  const number = uniform(node)
  if (number !== undefined)
    return writer.fill(dtype === "bool" ? Number(number !== 0) : number, shape, dtype)
  if (shape.some(writer.isDynamic)) {
    throw new GraphError(
      `toOnnx: a constant of ${values.length} numbers has an axis of the batch size, which is not known yet. ` +
        `Make it from an input, or leave that axis out and let it broadcast.`,
    )
  }
  return writer.constant(values, shape, dtype)
}

/** The target of a `Reshape`, so that it holds at every batch size. */
const reshapeTarget = (writer: Writer, from: Shape, to: Shape): Value => {
  const unknown = to.flatMap((size, i) => (writer.isDynamic(size) ? [i] : []))
  // 0 keeps the size of the same axis, -1 is what remains.
  const isKept = (i: number): boolean => from[i] === to[i]
  const moved = unknown.filter((i) => !isKept(i))
  if (moved.length > 1 || to.includes(0)) return writer.sizes(to)
  const free = moved[0] ?? unknown.at(-1)
  const list = to.map((size, i) => (i === free ? -1 : writer.isDynamic(size) ? 0 : size))
  return writer.constant(list, [list.length], "int64")
}

/** A value in another shape. */
export const reshaped = (writer: Writer, value: Value, from: Shape, to: Shape): Value =>
  writer.add(
    "Reshape",
    [value, reshapeTarget(writer, from, to)],
    to.includes(0) ? { allowzero: 1 } : {},
  )

export const reshape: Rule<"Reshape"> = (writer, [x], { attributes: { shape }, inputs: [input] }) =>
  reshaped(writer, x!, input!.shape, shape)

export const transpose: Rule<"Transpose"> = ({ add }, [x], { attributes: { permutation } }) =>
  add("Transpose", [x!], { perm: permutation })

export const expand: Rule<"Expand"> = (writer, [x], { attributes: { shape } }) =>
  writer.add("Expand", [x!, writer.sizes(shape)])

/** One axis of a slice in ONNX' words, or undefined when it is the whole axis. */
const sliceAxis = (
  { isDynamic }: Writer,
  size: number,
  begin: number,
  count: number,
  stride: number,
): readonly [start: number, end: number] | undefined => {
  if (begin === 0 && count === size && stride === 1) return undefined
  if (isDynamic(size)) {
    if (count === size && stride === -1) return [far, -far]
    const end = begin + count * stride
    const isPlain =
      stride === 1 && [begin, end].every((place) => isDynamic(place) || place * 2 < size)
    // Near the end it could be counted from the end as well, and nobody knows which was meant.
    if (!isPlain) {
      throw new GraphError(
        `toOnnx: a slice of ${count} from ${begin} in steps of ${stride} along the batch axis depends on the batch size. ` +
          `Slice other axes, or give the function a fixed batch size.`,
      )
    }
    return [begin, end]
  }
  const end = begin + (count - 1) * stride + Math.sign(stride)
  return [begin, end < 0 ? -far : end]
}

export const slice: Rule<"Slice"> = (
  writer,
  [x],
  { attributes: { begin, sizes, strides }, inputs: [input] },
) => {
  const axes = input!.shape.flatMap((size, axis) => {
    const range = sliceAxis(writer, size, begin[axis]!, sizes[axis]!, strides[axis]!)
    return range ? [{ axis, range, stride: strides[axis]! }] : []
  })
  if (axes.length === 0) return x!
  return writer.add("Slice", [
    x!,
    writer.sizes(axes.map(({ range: [start] }) => start)),
    writer.sizes(axes.map(({ range: [, end] }) => end)),
    writer.sizes(axes.map(({ axis }) => axis)),
    writer.sizes(axes.map(({ stride }) => stride)),
  ])
}

export const concat: Rule<"Concat"> = (writer, values, { attributes: { axis }, inputs, dtype }) =>
  values.length === 1
    ? values[0]!
    : writer.add(
        "Concat",
        values.map((value, i) => writer.cast(value, inputs[i]!.dtype, dtype)),
        { axis },
      )

export const pad: Rule<"Pad"> = (writer, [x], { attributes: { before, after, value }, dtype }) =>
  writer.add("Pad", [x!, writer.sizes([...before, ...after]), writer.scalar(value, dtype)], {
    mode: "constant",
  })

export const tile: Rule<"Tile"> = (writer, [x], { attributes: { repeats } }) =>
  writer.add("Tile", [x!, writer.sizes(repeats)])

export const cumSum: Rule<"CumSum"> = (
  writer,
  [x],
  { attributes: { axis, exclusive, reverse }, inputs: [input], dtype },
) => {
  const type = dtype === "bool" ? "int32" : dtype
  const sum = writer.add(
    "CumSum",
    [writer.cast(x!, input!.dtype, type), writer.constant([axis], [], "int64")],
    { exclusive: Number(exclusive), reverse: Number(reverse) },
  )
  return writer.cast(sum, type, dtype)
}
