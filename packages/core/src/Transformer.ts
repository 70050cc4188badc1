/**
 * A transformer: an elementwise bijector whose parameters come from elsewhere, from a network or from leaves to train.
 */
import { split, reshape, type Tensor } from "@tensorflow/tfjs-core"
import type { Bijector } from "./Bijector.ts"
import { type Shape, ShapeError, sizeOf } from "./Shape.ts"

/** What a transformer is built from: for each of its parameters `[...batch, ...shape, d]`, any real numbers. */
export type RawParameters = Readonly<Record<string, Tensor>>

/**
 * An elementwise bijector of vectors, parametrised by unconstrained numbers for each dimension.
 *
 * **Details**
 *
 * - `parameters`: the shape of each parameter for one dimension: `{ shift: [], logScale: [] }`, or
 *   `{ widths: [8], heights: [8], slopes: [7] }`
 * - `build(raw)`: the bijector `[...batch, d]` to `[...batch, d]`, elementwise, whose log-det has the shape of its input.
 *   `raw` holds each parameter as `[...batch, ...shape, d]`, of any real values: what keeps them in bounds is part of the
 *   transformer. All zeros give the identity, or nearly
 * - `domain`, `codomain`, `increasing`: those of every bijector that it builds
 *
 * @category models
 */
export interface Transformer extends Pick<Bijector, "name" | "domain" | "codomain" | "increasing"> {
  readonly parameters: Readonly<Record<string, Shape>>
  readonly build: (raw: RawParameters) => Bijector
}

/** How many numbers a transformer takes for each dimension: `Σ ∏ shape` over its parameters. */
export const rawCount = ({ parameters }: Pick<Transformer, "parameters">): number =>
  Object.values(parameters).reduce((count, shape) => count + sizeOf(shape), 0)

/**
 * Cuts a network's output into a transformer's parameters.
 *
 * **Details**
 *
 * - Shapes: `flat: [...batch, p · d]` with `p` the {@link rawCount} gives each parameter as `[...batch, ...shape, d]`
 * - Number `j` of dimension `i` is in column `j d + i`: parameter after parameter, as they are declared
 * - Throws: {@link ShapeError} for a last axis that is not a multiple of `p`
 *
 * **Example** (A shift and two weights for each of two dimensions)
 *
 * ```ts
 * import { splitRaw } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const { shift, weights } = splitRaw({ parameters: { shift: [], weights: [2] } }, tf.range(0, 6))
 * shift!.arraySync() // => [0, 1]
 * weights!.arraySync() // => [[2, 3], [4, 5]]
 * ```
 */
export const splitRaw = (
  transformer: Pick<Transformer, "parameters">,
  flat: Tensor,
): RawParameters => {
  const [columns, count] = [flat.shape.at(-1) ?? 0, rawCount(transformer)]
  const size = columns / count
  if (!Number.isInteger(size)) {
    throw new ShapeError(
      `transformer: expected a multiple of ${count} columns, got ${columns}. Give ${count} numbers for each dimension.`,
    )
  }
  const shapes = Object.entries(transformer.parameters)
  const parts = split(
    flat,
    shapes.map(([, shape]) => sizeOf(shape) * size),
    -1,
  )
  return Object.fromEntries(
    shapes.map(([name, shape], i) => [
      name,
      shape.length === 0
        ? parts[i]!
        : reshape(parts[i]!, [...flat.shape.slice(0, -1), ...shape, size]),
    ]),
  )
}
