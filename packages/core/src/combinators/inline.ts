import * as tf from "@tensorflow/tfjs-core"
import {
  type Bijector,
  makeBijector,
  type ParametricBijector,
  signature,
  type SignatureOptions,
} from "../Bijector.ts"
import type { Param } from "../Params.ts"
import type { Site } from "../Parametric.ts"
import type { RandomKey } from "../random.ts"
import { type Shape, ShapeError, showShape } from "../Shape.ts"

/** What the closures of {@link inline} get beside `x`: their parameters as tensors, and the context if there is one. */
export type InlineScope<Names extends string = never> = {
  readonly [name in Names]: tf.Tensor
} & { readonly context: tf.Tensor | undefined }

type Closure<Names extends string> = (x: tf.Tensor, scope: InlineScope<Names>) => tf.Tensor

/** One log-determinant is enough; give both when both are cheap. */
type LogDets<Names extends string> =
  | { readonly forwardLogDet: Closure<Names>; readonly inverseLogDet?: Closure<Names> }
  | { readonly forwardLogDet?: undefined; readonly inverseLogDet: Closure<Names> }

/** The closures and the signature that {@link inline} takes. */
export type InlineOptions<Names extends string = never> = SignatureOptions & {
  readonly forward: Closure<Names>
  readonly inverse: Closure<Names>
} & LogDets<Names>

/**
 * A bijector from closures, with trainable parameters if wanted.
 *
 * **Details**
 *
 * - `forward`, `inverse`: `[...batch, ...event]` to the same; must undo each other
 * - `forwardLogDet(x)` or `inverseLogDet(y)`: `[...batch]`, in nats; the other is derived
 * - `parameters(key)`: makes the trainable leaves; then the result is a recipe. Trainable values are any reals: map
 *   them to what the formula needs (`softplus`, `exp`) inside the closures
 * - Elementwise on the real line unless `eventShapeIn`, `domain` … say otherwise
 *
 * **Example** (A leaky ReLU with a learnable slope)
 *
 * ```ts
 * import { inline, trainable } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 *
 * const slopeAt = (x: tf.Tensor, raw: tf.Tensor): tf.Tensor =>
 *   tf.where(tf.greaterEqual(x, 0), tf.onesLike(x), tf.add(tf.softplus(raw), 0.01))
 *
 * const leakyRelu = inline({
 *   name: "leaky-relu",
 *   parameters: () => ({ raw: trainable([], 0) }),
 *   forward: (x, { raw }) => tf.mul(x, slopeAt(x, raw)),
 *   inverse: (y, { raw }) => tf.div(y, slopeAt(y, raw)),
 *   forwardLogDet: (x, { raw }) => tf.log(slopeAt(x, raw)),
 * })
 * leakyRelu.name // => "leaky-relu"
 * ```
 *
 * @category constructors
 */
export function inline<Names extends string>(
  options: InlineOptions<NoInfer<Names>> & {
    readonly parameters: (key: RandomKey) => Readonly<Record<Names, Param>>
  },
): ParametricBijector
export function inline(options: InlineOptions): Bijector
export function inline<Names extends string>(
  options: InlineOptions<Names> & {
    readonly parameters?: (key: RandomKey) => Readonly<Record<Names, Param>>
  },
): Bijector | ParametricBijector {
  const { parameters, forward, inverse, forwardLogDet, inverseLogDet, ...rest } = options
  const of = signature(rest)
  const make = (scope: InlineScope<Names>): Bijector =>
    makeBijector(of, {
      forwardAndLogDet: (x) => {
        const y = forward(x, scope)
        return [y, forwardLogDet ? forwardLogDet(x, scope) : tf.neg(inverseLogDet(y, scope))]
      },
      inverseAndLogDet: (y) => {
        const x = inverse(y, scope)
        return [x, inverseLogDet ? inverseLogDet(y, scope) : tf.neg(forwardLogDet!(x, scope))]
      },
      forward: (x) => forward(x, scope),
      inverse: (y) => inverse(y, scope),
    })
  if (parameters === undefined && of.contextShape === undefined) {
    return make({ context: undefined } as InlineScope<Names>)
  }
  return {
    ...of,
    init: (key) => parameters?.(key) ?? {},
    build: (params, site) =>
      make({
        ...params,
        context: siteContext(of.name, of.contextShape, site),
      } as InlineScope<Names>),
  }
}

/** The site's context, checked against what the layer declared. */
export const siteContext = (
  name: string,
  contextShape: Shape | undefined,
  site: Site | undefined,
): tf.Tensor | undefined => {
  const context = site?.context
  if (contextShape === undefined) return context
  const offset = (context?.rank ?? 0) - contextShape.length
  if (!context || offset < 0 || contextShape.some((n, i) => context.shape[offset + i] !== n)) {
    throw new ShapeError(
      `${name}: expected a context of shape [...batch, ${contextShape.join(", ")}], got ` +
        `${context ? showShape(context.shape) : "none"}. Pass it as build(params, { context }).`,
    )
  }
  return context
}
