/**
 * A fitted posterior: drawing from it, and the weights that correct the draws.
 */
import {
  Backend,
  type BackendError,
  chain,
  foldKey,
  instantiate,
  type Params,
  type RandomKey,
  type Shape,
  sizeOf,
} from "@pushforward/core"
import {
  type Named,
  type ParameterDeclarations,
  parameterSpace,
  type ParametricDistribution,
  transformed,
} from "@pushforward/distributions"
import { Effect } from "effect"
import type { Rows } from "../rows.ts"
import { type Frame, frameBijector } from "./Frame.ts"
import type { Posterior } from "./Posterior.ts"

/** Draws in one call of the engine. */
const chunkSize = 4096

/**
 * A guide that has been fitted to a posterior. A plain value.
 *
 * @category models
 */
export interface PosteriorFit<P extends ParameterDeclarations = ParameterDeclarations> {
  readonly posterior: Posterior<P>
  readonly guide: ParametricDistribution
  readonly params: Params
  readonly frame: Frame
}

/**
 * Draws of a fitted posterior.
 *
 * **Details**
 *
 * - `values`: by name, `[count, ...shape]`, row-major
 * - `logWeights`: `log p(θ) − log q(θ)` of each draw, in nats, up to the posterior's constant
 *
 * @category models
 */
export interface PosteriorDraws<P extends ParameterDeclarations = ParameterDeclarations> {
  readonly values: Named<P, Rows>
  readonly logWeights: Float64Array
}

const byName = <P extends ParameterDeclarations>(
  shapes: Named<P, Shape>,
  flat: Float32Array,
  count: number,
): Named<P, Rows> => {
  const width = flat.length / count
  let offset = 0
  return Object.fromEntries(
    Object.entries<Shape>(shapes).map(([name, shape]) => {
      const size = sizeOf(shape)
      const values = new Float32Array(count * size)
      for (let row = 0; row < count; row++) {
        const from = row * width + offset
        values.set(flat.subarray(from, from + size), row * size)
      }
      offset += size
      return [name, { shape: [count, ...shape], dtype: "float32", values } satisfies Rows]
    }),
  ) as unknown as Named<P, Rows>
}

/**
 * Draws from a fitted posterior, with the log weights of the draws. The same key gives the same draws.
 */
export const drawPosterior = <P extends ParameterDeclarations>(
  fit: PosteriorFit<P>,
  count: number,
  key: RandomKey,
): Effect.Effect<PosteriorDraws<P>, BackendError, Backend> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { posterior, guide, params, frame } = fit
      const space = parameterSpace(posterior.parameters)
      const backend = yield* Backend
      const compiled = yield* backend.compile(
        ([noise]) => {
          const bijector = chain(frameBijector(frame), space.bijector)
          const density = transformed(instantiate(guide, params), bijector)
          const [values, logProb] = density.sampleAndLogProbFrom(noise!)
          return [values, posterior.logDensity(space.split(values)), logProb]
        },
        [{ shape: [null, ...guide.noise(key, []).shape], dtype: "float32" }],
      )
      const flat = new Float32Array(count * space.size)
      const logWeights = new Float64Array(count)
      for (let from = 0, i = 0; from < count; from += chunkSize, i++) {
        const noise = guide.noise(foldKey(key, i), [Math.min(chunkSize, count - from)])
        const [values, target, logProb] = yield* compiled.run([noise])
        flat.set(values!.values, from * space.size)
        target!.values.forEach((p, k) => {
          logWeights[from + k] = p - logProb!.values[k]!
        })
      }
      return { values: byName(space.shapes, flat, count), logWeights }
    }),
  )
