import {
  bijectorKind,
  constantLogDet,
  makeBijector,
  makePlugin,
  type ParametricBijector,
  showShape,
  signature,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result } from "effect"
import { boundedLogScale } from "./internal/boundedLogScale.ts"
import {
  countBelow,
  multiply,
  solveLower,
  solveUpper,
  strictlyLower,
} from "./internal/triangular.ts"

/**
 * A trained linear map of vectors as a product of triangular matrices, to mix dimensions between layers.
 *
 * **When to use**
 *
 * Use to score data: data to base is one matrix product, base to data solves two triangular systems, of `4 d` operations
 * each. `invert` of it has that the other way round, for flows that mostly sample.
 *
 * **Details**
 *
 * - Inverse: `x = L U y + b`; log-det: `Σ log Uᵢᵢ`
 * - Forward: `y = U⁻¹ L⁻¹ (x − b)` by substitution; log-det: `−Σ log Uᵢᵢ`
 * - Trained: `bias: [d]`; `lower: [d(d − 1)/2]` below the unit diagonal of `L`; `upper: [d(d − 1)/2]` above the diagonal
 *   of `U`; `rawDiagonal: [d]` with `Uᵢᵢ = exp(10 tanh(rawDiagonalᵢ/10))`, always between e⁻¹⁰ and e¹⁰. The identity at first
 * - With a fixed permutation before the sum, the papers' `P (L U y + b)`: `chain(permute(order), luLinear(d))`
 * - Shapes: `x: [...batch, d]` to `y: [...batch, d]`, `logDet: [...batch]`
 * - Source: Kingma and Dhariwal, "Glow", arXiv:1807.03039, §3.2; Oliva et al., arXiv:1801.09819, §3.1
 *
 * **Example** (The identity at first)
 *
 * ```ts
 * import { luLinear } from "@pushforward/bijectors"
 * import { instantiate, makeKey } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = luLinear(3)
 * instantiate(recipe, recipe.init(makeKey(0))).forward(tf.tensor1d([3, 4, 5])).arraySync() // => [3, 4, 5]
 * ```
 *
 * @category constructors
 */
export const luLinear = (d: number): ParametricBijector => {
  if (!(Number.isInteger(d) && d > 0)) {
    throw new RangeError(
      `lu-linear: expected vectors of length 1, 2, …, got ${d}. Use the number of dimensions.`,
    )
  }
  const of = signature({ name: "lu-linear", eventShapeIn: [d] })
  return {
    ...of,
    init: () => ({
      bias: trainable([d], 0),
      rawDiagonal: trainable([d], 0),
      // One dimension has nothing beside the diagonal.
      ...(d > 1 && {
        lower: trainable([countBelow(d)], 0),
        upper: trainable([countBelow(d)], 0),
      }),
    }),
    build: (params) => {
      const leaf = (name: string): tf.Tensor => params[name] as tf.Tensor
      const logDiagonal = boundedLogScale(leaf("rawDiagonal"))
      const lower = tf.add(tf.eye(d), strictlyLower(leaf("lower"), d))
      const upper = tf.add(
        tf.mul(tf.eye(d), tf.exp(logDiagonal)),
        tf.transpose(strictlyLower(leaf("upper"), d)),
      )
      const logDet = tf.sum(logDiagonal)
      return makeBijector(of, {
        forwardAndLogDet: (x) => [
          solveUpper(upper, solveLower(lower, tf.sub(x, leaf("bias")))),
          tf.neg(constantLogDet(x, 1, logDet)),
        ],
        inverseAndLogDet: (y) => [
          tf.add(multiply(tf.matMul(lower, upper), y), leaf("bias")),
          constantLogDet(y, 1, logDet),
        ],
      })
    },
  }
}

/** `{ "_tag": "lu-linear" }`: see {@link luLinear}. */
export const luLinearPlugin = /* @__PURE__ */ makePlugin(bijectorKind, "lu-linear", {
  description: "A trained linear map by its LU factors; data to base: x = L·U·y + b",
  fields: {},
  examples: [
    { spec: { _tag: "lu-linear" }, eventShape: [4] },
    { spec: { _tag: "lu-linear" }, eventShape: [1] },
  ],
  compile: (_, site) => {
    const [d] = site.eventShape
    return d === undefined || site.eventShape.length !== 1
      ? Result.fail(
          site.fail("_tag", {
            expected: "events that are vectors",
            actual: `events of shape ${showShape(site.eventShape)}`,
            hint: "Wrap lu-linear in a block, or use affine for single numbers.",
          }),
        )
      : Result.succeed(luLinear(d))
  },
})
