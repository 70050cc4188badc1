import * as tf from "@tensorflow/tfjs-core"
import { type Shape, ShapeError, showShape } from "@pushforward/core"

/** Numbers on the host: one, or a vector along the last axis. Kept in float64 until they meet a tensor. */
export type HostNumbers = number | ReadonlyArray<number> | Float32Array | Float64Array

/**
 * Numbers as constructors take them: on the host, or a tensor (a parameter being trained, or one with batch axes).
 *
 * @category models
 */
export type Numbers = HostNumbers | tf.Tensor

/** Whether numbers are a tensor, whose values cannot be known beforehand. */
export const isTensor = (numbers: Numbers): numbers is tf.Tensor => numbers instanceof tf.Tensor

/** Host numbers one by one. */
export const valuesOf = (numbers: HostNumbers): ReadonlyArray<number> =>
  typeof numbers === "number" ? [numbers] : Array.from(numbers)

/** The shape that numbers have as a tensor. */
export const shapeOf = (numbers: Numbers): Shape =>
  typeof numbers === "number" ? [] : isTensor(numbers) ? numbers.shape : [numbers.length]

/**
 * Numbers as an operand of a TensorFlow.js function. Host vectors become tensors of the surrounding scope, from plain
 * numbers: a trace keeps those in float64.
 */
export const operand = (numbers: Numbers): tf.Tensor | number =>
  typeof numbers === "number" || isTensor(numbers)
    ? numbers
    : tf.tensor1d(Array.from(numbers), "float32")

/** Applies a function to host numbers in float64, or its tensor form to a tensor. */
export const mapNumbers = (
  numbers: Numbers,
  host: (value: number) => number,
  onTensor: (t: tf.Tensor) => tf.Tensor,
): Numbers =>
  typeof numbers === "number"
    ? host(numbers)
    : isTensor(numbers)
      ? onTensor(numbers)
      : Float64Array.from(numbers, host)

/** Throws unless every host number passes; tensors are not looked at. */
export const requireNumbers = (
  owner: string,
  numbers: Numbers,
  expected: string,
  mend: string,
  passes: (value: number) => boolean,
): void => {
  const odd = isTensor(numbers) ? undefined : valuesOf(numbers).find((value) => !passes(value))
  if (odd !== undefined) throw new RangeError(`${owner}: expected ${expected}, got ${odd}. ${mend}`)
}

/** The shape of two operands together, as TensorFlow.js broadcasts them. */
export const broadcastShapes = (owner: string, ...shapes: ReadonlyArray<Shape>): Shape =>
  shapes.reduce((a, b) => {
    const rank = Math.max(a.length, b.length)
    return Array.from({ length: rank }, (_, i) => {
      const m = a[i - rank + a.length] ?? 1
      const n = b[i - rank + b.length] ?? 1
      if (m !== n && m !== 1 && n !== 1) {
        throw new ShapeError(
          `${owner}: expected shapes that broadcast, got ${showShape(a)} and ${showShape(b)}. Make the sizes agree.`,
        )
      }
      return m === 1 ? n : m
    })
  }, [])
