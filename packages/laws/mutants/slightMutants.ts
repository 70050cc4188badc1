import type { SourceMutant } from "./sourceMutants.ts"

/**
 * Mistakes in the source that float32 hides: a constant with seven digits, an epsilon slipped into a formula, one of two
 * formulas off by 1e-7. Only the float64 laws may catch them.
 */
export const slightMutants: ReadonlyArray<SourceMutant> = (
  [
    ["bijectors/src/exp.ts", ["exp"], "[x, tf.neg(x)]", "[x, tf.neg(tf.add(x, 1e-8))]"],
    [
      "bijectors/src/softplus.ts",
      ["softplus"],
      "tf.neg(tf.softplus(tf.neg(x)))",
      "tf.neg(tf.softplus(tf.neg(tf.add(x, 1e-7))))",
    ],
    [
      "bijectors/src/sigmoid.ts",
      ["sigmoid"],
      "tf.neg(tf.add(tf.softplus(x), tf.softplus(tf.neg(x))))",
      "tf.log(tf.add(tf.exp(tf.neg(tf.add(tf.softplus(x), tf.softplus(tf.neg(x))))), 1e-9))",
    ],
    [
      "bijectors/src/tanh.ts",
      ["tanh"],
      "tf.mul(2, tf.sub(tf.sub(Math.LN2, x)",
      "tf.mul(2, tf.sub(tf.sub(0.6931472, x)",
    ],
    [
      "bijectors/src/normalCdf.ts",
      ["normal-cdf"],
      "tf.mul(-0.5, tf.square(x)), logRootTwoPi",
      "tf.mul(-0.5, tf.square(x)), 0.9189385",
    ],
    ["bijectors/src/ndtr.ts", ["normal-cdf"], "0.42161272812228806", "0.42161273"],
    [
      "bijectors/src/affine.ts",
      ["affine"],
      "return [x, tf.neg(logDet(x))]",
      "return [x, tf.neg(tf.add(logDet(x), 1e-8))]",
    ],
    [
      "bijectors/src/batchNorm.ts",
      ["batch-norm"],
      "tf.exp(tf.neg(s))), known.mean)",
      "tf.reciprocal(tf.add(tf.exp(s), 1e-8))), known.mean)",
    ],
    [
      "bijectors/src/transformers/affineTransformer.ts",
      ["masked-autoregressive"],
      "tf.mul(tf.sub(y, shift), tf.exp(tf.neg(logScale)))",
      "tf.div(tf.sub(y, shift), tf.add(tf.exp(logScale), 1e-8))",
    ],
    [
      "bijectors/src/transformers/rationalQuadraticSpline.ts",
      ["rational-quadratic-spline"],
      "tf.mul(2, tf.log(denominator))",
      "tf.mul(2, tf.log(tf.add(denominator, 1e-8)))",
    ],
    [
      "bijectors/src/transformers/sinhArcsinh.ts",
      ["sinh-arcsinh"],
      "tf.sub(t, a)",
      "tf.sub(t, tf.mul(a, 1 + 1e-8))",
    ],
    [
      "core/src/combinators/chain.ts",
      "pairs",
      "logDet = tf.add(logDet, sumEvent(ld, rank - bijector.eventRankIn))",
      "logDet = tf.add(logDet, tf.add(1e-8, sumEvent(ld, rank - bijector.eventRankIn)))",
    ],
    [
      "distributions/src/internal/standardLogProb.ts",
      ["normal"],
      "0.5 * Math.log(2 * Math.PI)",
      "0.9189385",
    ],
  ] as const
).map(([file, judges, find, replace]) => ({
  file,
  find,
  replace,
  why: `float64 only: ${replace}`,
  judges,
  slight: true,
}))
