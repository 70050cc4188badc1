/**
 * Tensors of the interpreter.
 */
import { type Shape, sizeOf } from "@pushforward/core"

/**
 * A tensor in float64. `values` holds every element in row-major order, or one number that all elements share. Whole
 * numbers and booleans (0 and 1) are float64 too. Values are never changed once made, so tensors may share them.
 */
export interface Value {
  readonly shape: Shape
  readonly values: Float64Array
}

/** Every element, also of a tensor whose elements share one number. */
export const dense = ({ shape, values }: Value): Float64Array => {
  const size = sizeOf(shape)
  return values.length === size ? values : new Float64Array(size).fill(values[0]!)
}

/** Whether all elements are the same stored number. */
export const isUniform = ({ values }: Value): boolean => values.length === 1

/** The distance between neighbours along each axis, in row-major order. */
export const stepsOf = (shape: Shape): ReadonlyArray<number> => {
  const steps = Array.from({ length: shape.length }, () => 1)
  for (let axis = shape.length - 2; axis >= 0; axis--)
    steps[axis] = steps[axis + 1]! * shape[axis + 1]!
  return steps
}

/** The steps by which a tensor is read while `shape` is walked: 0 along axes that it is repeated on. */
export const broadcastSteps = (value: Value, shape: Shape): ReadonlyArray<number> => {
  const missing = shape.length - value.shape.length
  if (isUniform(value)) return shape.map(() => 0)
  const steps = stepsOf(value.shape)
  return shape.map((_, axis) =>
    axis < missing || value.shape[axis - missing] === 1 ? 0 : steps[axis - missing]!,
  )
}
