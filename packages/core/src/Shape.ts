/**
 * Shapes of tensors and events, and the error for a wrong one.
 *
 * Tensors are `[...sample, ...batch, ...event]`; a bijector or distribution knows only its event shape.
 */
import type { Tensor } from "@tensorflow/tfjs-core"

/** The sizes of a tensor's axes. */
export type Shape = ReadonlyArray<number>

/** A shape in which `null` stands for any size, as far as a bijector knows its events. */
export type PartialShape = ReadonlyArray<number | null>

/**
 * Thrown by maths when an event has the wrong rank or size: a programmer's error, never a data error.
 *
 * @category errors
 */
export class ShapeError extends Error {
  readonly _tag = "ShapeError"
  override readonly name = "ShapeError"
}

/** How a shape is written in messages: `[3, 2]`, with `?` for any size. */
export const showShape = (shape: PartialShape): string =>
  `[${shape.map((n) => (n === null ? "?" : String(n))).join(", ")}]`

/** The number of elements: `∏ shape`, 1 for a scalar. */
export const sizeOf = (shape: Shape): number => shape.reduce((n, k) => n * k, 1)

/** Whether two shapes are the same. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i])

/** Whether the last axes of `shape` fit `pattern`. */
export const fits = (shape: PartialShape, pattern: PartialShape): boolean => {
  const offset = shape.length - pattern.length
  return (
    offset >= 0 &&
    pattern.every((n, i) => n === null || shape[offset + i] === null || shape[offset + i] === n)
  )
}

/** The last `rank` axes of `shape`: its event part. */
export const eventPart = (shape: Shape, rank: number): Shape => shape.slice(shape.length - rank)

/** All but the last `rank` axes of `shape`: its sample and batch part. */
export const batchPart = (shape: Shape, rank: number): Shape => shape.slice(0, shape.length - rank)

/**
 * Throws a {@link ShapeError} unless the event of `x` fits `pattern`.
 *
 * @param owner named in the message
 */
export const requireEvent = (owner: string, x: Tensor, pattern: PartialShape): void => {
  if (!fits(x.shape, pattern)) {
    throw new ShapeError(
      `${owner}: expected events of shape ${showShape(pattern)}, got a tensor of shape ${showShape(x.shape)}. ` +
        `Pass [...batch, ...event] with the event axes last.`,
    )
  }
}

/**
 * Reduces the last `rank` axes with `reduce` (`tf.sum`, `tf.any`, …): from one value per element to one per event.
 */
export const overEvent = (
  reduce: (x: Tensor, axes: Array<number>) => Tensor,
  x: Tensor,
  rank: number,
): Tensor =>
  rank === 0
    ? x
    : reduce(
        x,
        Array.from({ length: rank }, (_, i) => x.rank - rank + i),
      )
