import {
  type Bijector,
  chain,
  CompositionError,
  type Constraint,
  constraints,
} from "@pushforward/core"
import { affine } from "./affine.ts"
import { exp } from "./exp.ts"
import { fillTriangular } from "./fillTriangular.ts"
import { sigmoid } from "./sigmoid.ts"

/** From the real line onto an interval, from what is known of its ends. */
const ontoInterval = (constraint: Constraint): Bijector => {
  const { low, high } = constraint.bounds
  const [below, above] = [Number.isFinite(low), Number.isFinite(high)]
  if (!below && !above) return chain()
  const curve = below && above ? sigmoid() : exp()
  const shift = below ? low : high
  const scale = below && above ? high - low : below ? 1 : -1
  if (shift === 0 && scale === 1) return curve
  return { ...chain(curve, affine({ shift, scale })), codomain: constraint }
}

/**
 * The bijector from the real line, or from real vectors, onto a constraint.
 *
 * **When to use**
 *
 * Use where numbers that an optimiser or a flow moves freely stand for a parameter that is not free: a scale, a
 * probability, a Cholesky factor.
 *
 * **Details**
 *
 * - `real`: the identity; `x > a`: `a + eˣ`; `x < b`: `b − eˣ`; `a ≤ x ≤ b`: `a + (b − a) σ(x)`
 * - Constraints on whole events: the bijector among `known` whose codomain it is
 * - Throws: `CompositionError` for a constraint that no bijector is known for
 *
 * **Example** (A correlation)
 *
 * ```ts
 * import { bijectTo } from "@pushforward/bijectors"
 * import { constraints } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * bijectTo(constraints.interval(-1, 1)).forward(tf.scalar(0)).dataSync()[0] // => 0
 * ```
 *
 * @category constructors
 */
export const bijectTo = (
  constraint: Constraint,
  known: ReadonlyArray<Bijector> = [fillTriangular()],
): Bijector => {
  if (constraint.elementwise) return ontoInterval(constraint)
  const found = known.find(({ codomain }) => codomain.name === constraint.name)
  if (found === undefined) {
    throw new CompositionError(
      `bijectTo: expected a constraint that a known bijector maps onto, got ${constraint.name}. ` +
        `Known are intervals, ${constraints.real.name} and ${known.map(({ codomain }) => codomain.name).join(", ")}: ` +
        `pass a bijector of your own.`,
    )
  }
  return found
}
