import {
  constantLogDet,
  constraints,
  makeBijector,
  makePlugin,
  signature,
  type Transformer,
  transformerKind,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { boundedLogScale } from "../internal/boundedLogScale.ts"

/** What {@link affineTransformer} takes. */
export interface AffineTransformerOptions {
  /** The largest `|α|`: scales lie between `exp(±maxLogScale)`. Default 3. */
  readonly maxLogScale?: number
}

/**
 * A shift and a scale for each dimension, the transformer of the masked autoregressive flow.
 *
 * **Details**
 *
 * - Parameters: `shift: []` is `μ`, and `logScale: []` gives `α = m tanh(logScale/m)`, so that `|α| < m = maxLogScale`:
 *   no layer explodes
 * - Forward: `y = x exp(α) + μ`; log-det: `α`
 * - Inverse: `x = (y − μ) exp(−α)`; log-det: `−α`
 * - Shapes: elementwise, `x: [...batch, d]` to `y, logDet: [...batch, d]`
 * - Throws: `RangeError` for a `maxLogScale` that is not positive
 * - Source: Papamakarios, Pavlakou and Murray, "Masked Autoregressive Flow for Density Estimation", arXiv:1705.07057,
 *   eqs. 3-5
 *
 * **Example** (Moved by one; as wide as it gets)
 *
 * ```ts
 * import { affineTransformer } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const raw = { shift: tf.tensor1d([1, 0]), logScale: tf.tensor1d([0, 1000]) }
 * affineTransformer().build(raw).forward(tf.tensor1d([3, 1])).arraySync() // => [4, 20.0855]
 * ```
 *
 * @category constructors
 */
export const affineTransformer = ({
  maxLogScale = 3,
}: AffineTransformerOptions = {}): Transformer => {
  if (!(maxLogScale > 0)) {
    throw new RangeError(
      `affine transformer: expected a positive maxLogScale, got ${maxLogScale}. Use 3.`,
    )
  }
  const of = signature({ name: "affine", increasing: true })
  return {
    name: "affine",
    parameters: { shift: [], logScale: [] },
    domain: constraints.real,
    codomain: constraints.real,
    increasing: true,
    build: (raw) => {
      const { shift, logScale: rawLogScale } = raw as { shift: tf.Tensor; logScale: tf.Tensor }
      const logScale = boundedLogScale(rawLogScale, maxLogScale)
      return makeBijector(of, {
        forwardAndLogDet: (x) => [
          tf.add(tf.mul(x, tf.exp(logScale)), shift),
          constantLogDet(x, 0, logScale),
        ],
        inverseAndLogDet: (y) => [
          tf.mul(tf.sub(y, shift), tf.exp(tf.neg(logScale))),
          tf.neg(constantLogDet(y, 0, logScale)),
        ],
      })
    },
  }
}

/** `{ "_tag": "affine", "maxLogScale": 3 }`: see {@link affineTransformer}. */
export const affineTransformerPlugin = /* @__PURE__ */ makePlugin(transformerKind, "affine", {
  description: "A shift and a bounded scale for each dimension: y = x·exp(α) + μ",
  fields: {
    maxLogScale: /* @__PURE__ */ (() =>
      Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))))(),
  },
  examples: [
    { spec: { _tag: "affine" }, eventShape: [3] },
    { spec: { _tag: "affine", maxLogScale: 0.5 }, eventShape: [2, 2] },
  ],
  compile: (spec) => Result.succeed(affineTransformer(spec)),
})
