/**
 * Mistakes made in the real source: in `file`, the text `find`, which stands there once, becomes `replace`. Each is
 * judged by the laws of the plugins it belongs to.
 */
export interface SourceMutant {
  /** Relative to `packages/`. */
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly why: string
  /** Tags of the plugins to judge, or the laws of pairs or of backends. */
  readonly judges: ReadonlyArray<string> | "pairs" | "backend"
  /** Why no law can catch it. */
  readonly equivalent?: string
  /** Too small for float32: nothing but float64 laws may catch it. */
  readonly slight?: boolean
}

const bijectors = (
  file: string,
  tags: ReadonlyArray<string>,
  changes: ReadonlyArray<readonly [find: string, replace: string, why: string]>,
): ReadonlyArray<SourceMutant> =>
  changes.map(([find, replace, why]) => ({
    file: `bijectors/src/${file}.ts`,
    find,
    replace,
    why,
    judges: tags,
  }))

const core = (
  file: string,
  judges: SourceMutant["judges"],
  changes: ReadonlyArray<readonly [find: string, replace: string, why: string]>,
): ReadonlyArray<SourceMutant> =>
  changes.map(([find, replace, why]) => ({
    file: `core/src/${file}.ts`,
    find,
    replace,
    why,
    judges,
  }))

const distributions = (
  file: string,
  tags: ReadonlyArray<string>,
  changes: ReadonlyArray<readonly [find: string, replace: string, why: string]>,
): ReadonlyArray<SourceMutant> =>
  changes.map(([find, replace, why]) => ({
    file: `distributions/src/${file}.ts`,
    find,
    replace,
    why,
    judges: tags,
  }))

const made = (
  file: string,
  tags: ReadonlyArray<string>,
  changes: ReadonlyArray<readonly [find: string, replace: string, why: string]>,
): ReadonlyArray<SourceMutant> =>
  changes.map(([find, replace, why]) => ({
    file: `made/src/${file}.ts`,
    find,
    replace,
    why,
    judges: tags,
  }))

const flows = (
  file: string,
  tags: ReadonlyArray<string>,
  changes: ReadonlyArray<readonly [find: string, replace: string, why: string]>,
): ReadonlyArray<SourceMutant> =>
  changes.map(([find, replace, why]) => ({
    file: `flows-maf-iaf/src/${file}.ts`,
    find,
    replace,
    why,
    judges: tags,
  }))

/** Changes that change nothing, one for each way of judging. */
export const sourceControls: ReadonlyArray<SourceMutant> = (
  [
    [
      "exp",
      "softplus",
      "sigmoid",
      "tanh",
      "normal-cdf",
      "permute",
      "fill-triangular",
      "scale-tril",
      "affine",
      "elementwise",
      "rational-quadratic-spline",
      "lu-linear",
      "act-norm",
    ],
    ["batch-norm", "masked-autoregressive", "maf", "iaf", "masked", "concat", "stack"],
    "pairs",
    "backend",
  ] as const
).map((judges) => ({
  file: "core/src/Shape.ts",
  find: "export const sizeOf",
  replace: "export const sizeOf",
  why: `control: nothing changed (${typeof judges === "string" ? judges : judges.join(", ")})`,
  judges,
}))

export const sourceMutants: ReadonlyArray<SourceMutant> = [
  ...bijectors(
    "exp",
    ["exp"],
    [
      [
        "[tf.exp(x), tf.clone(x)]",
        "[tf.exp(x), tf.exp(x)]",
        "log-det is the derivative, not its log",
      ],
      ["return [x, tf.neg(x)]", "return [x, tf.neg(y)]", "inverse log-det at the wrong point"],
      ["inverse: (y) => tf.log(y)", "inverse: (y) => tf.log1p(y)", "the short inverse differs"],
    ],
  ),
  ...bijectors(
    "softplus",
    ["softplus"],
    [
      ["tf.neg(tf.softplus(tf.neg(x)))", "tf.neg(tf.softplus(x))", "lost sign"],
      [
        "[tf.add(y, ratio), tf.neg(ratio)]",
        "[tf.add(y, ratio), ratio]",
        "sign of the inverse log-det",
      ],
      [
        "[tf.add(y, ratio), tf.neg(ratio)]",
        "[tf.log(tf.expm1(y)), tf.neg(ratio)]",
        "overflows far out",
      ],
    ],
  ),
  ...bijectors(
    "sigmoid",
    ["sigmoid"],
    [
      [
        "tf.neg(tf.add(tf.softplus(x), tf.softplus(tf.neg(x))))",
        "tf.neg(tf.softplus(tf.neg(x)))",
        "dropped term",
      ],
      [
        "tf.neg(tf.add(tf.softplus(x), tf.softplus(tf.neg(x))))",
        "tf.log(tf.mul(tf.sigmoid(x), tf.sub(1, tf.sigmoid(x))))",
        "cancels far out: log 0",
      ],
      [
        "tf.neg(tf.add(logY, logRest))",
        "tf.neg(tf.sub(logY, logRest))",
        "sign inside the inverse log-det",
      ],
    ],
  ),
  ...bijectors(
    "tanh",
    ["tanh"],
    [
      ["tf.softplus(tf.mul(-2, x))", "tf.softplus(tf.mul(2, x))", "sign inside the log-det"],
      [
        "tf.mul(2, tf.sub(tf.sub(Math.LN2, x)",
        "tf.mul(1, tf.sub(tf.sub(Math.LN2, x)",
        "dropped factor",
      ],
      ["tf.mul(0.5, tf.sub(above, below))", "tf.sub(above, below)", "dropped ½ of the inverse"],
      ["tf.neg(tf.add(above, below))", "tf.neg(tf.mul(0.5, tf.add(above, below)))", "½ too many"],
    ],
  ),
  ...bijectors(
    "normalCdf",
    ["normal-cdf"],
    [
      [
        "tf.mul(-0.5, tf.square(x)), logRootTwoPi",
        "tf.mul(-0.5, tf.square(x)), 0",
        "dropped constant",
      ],
      [
        "tf.add(tf.mul(0.5, tf.square(x)), logRootTwoPi)",
        "tf.sub(tf.mul(0.5, tf.square(x)), logRootTwoPi)",
        "sign of the constant",
      ],
    ],
  ),
  ...bijectors(
    "permute",
    ["permute"],
    [
      [
        "const from = pick(back, Int32Array.from(indices))",
        "const from = pick(Int32Array.from(indices), back)",
        "the order instead of its inverse",
      ],
    ],
  ),
  ...bijectors(
    "fillTriangular",
    ["fill-triangular"],
    [
      [
        "codomain: constraints.lowerTriangular",
        "codomain: constraints.lowerCholesky",
        "a diagonal that is not positive",
      ],
    ],
  ),
  ...bijectors(
    "scaleTril",
    ["scale-tril"],
    [
      [
        "const logScale = given.reduce((sum, row, i) => sum + Math.log(Math.abs(row[i]!)), 0)",
        "const logScale = given.reduce((sum, row, i) => sum + Math.log(Math.abs(row[0]!) || 1), 0)",
        "first column instead of the diagonal",
      ],
      ["() => tf.sum(logDiagonal)", "() => tf.mean(logDiagonal)", "mean instead of sum"],
    ],
  ),
  ...bijectors(
    "internal/triangular",
    ["scale-tril", "lu-linear"],
    [
      ["[1, 0],\n        [0, 1],", "[0, 1],\n        [1, 0],", "transposed triangle"],
      [
        "solveLower(tf.reverse(matrix, [0, 1]), tf.reverse(y, y.rank - 1))",
        "solveLower(tf.transpose(matrix), tf.reverse(y, y.rank - 1))",
        "transposed instead of turned",
      ],
      [
        "tf.matMul(tf.reshape(x, [-1, d]), matrix as tf.Tensor2D, false, true)",
        "tf.matMul(tf.reshape(x, [-1, d]), matrix as tf.Tensor2D)",
        "transposed product",
      ],
    ],
  ),
  ...bijectors(
    "luLinear",
    ["lu-linear"],
    [
      [
        "tf.neg(constantLogDet(x, 1, logDet))",
        "constantLogDet(x, 1, logDet)",
        "sign of the forward log-det",
      ],
      ["tf.matMul(lower, upper)", "tf.matMul(upper, lower)", "factors exchanged"],
      [
        'solveUpper(upper, solveLower(lower, tf.sub(x, leaf("bias"))))',
        'solveUpper(upper, solveLower(lower, tf.add(x, leaf("bias"))))',
        "sign of the bias",
      ],
      [
        "const logDet = tf.sum(logDiagonal)",
        "const logDet = tf.mean(logDiagonal)",
        "mean instead of sum",
      ],
    ],
  ),
  ...bijectors(
    "actNorm",
    ["act-norm"],
    [
      [
        "return [y, tf.neg(constantLogDet(x, rank, tf.sum(s)))]",
        "return [y, constantLogDet(x, rank, tf.sum(s))]",
        "sign of the forward log-det",
      ],
      [
        "return [x, constantLogDet(y, rank, tf.sum(s))]",
        "return [x, constantLogDet(y, rank, tf.mean(s))]",
        "mean instead of sum",
      ],
      [
        'site?.mode === "train" && rowCount',
        "rowCount",
        "the batch's statistics in evaluation mode",
      ],
      [
        'site?.report?.(["deviation"]',
        'site?.report?.(["variance"]',
        "state reported under a wrong name",
      ],
    ],
  ),
  ...bijectors(
    "affine",
    ["affine"],
    [
      ["return [x, tf.neg(logDet(x))]", "return [x, logDet(x)]", "sign of the inverse log-det"],
      [
        "scales ? tf.div(moved, operand(scale)) : moved",
        "scales ? tf.mul(moved, operand(scale)) : moved",
        "multiplied instead of divided",
      ],
      [
        "sumEvent(tf.add(tf.zeros(like.shape), operand(logScale())), rank)",
        "sumEvent(tf.add(tf.zeros(like.shape), operand(logScale())), rank > 0 ? rank - 1 : 0)",
        "one axis too few is summed",
      ],
      [
        "(value) => Math.log(Math.abs(value))",
        "(value) => Math.log(Math.abs(value) + 1)",
        "another log scale for constants",
      ],
      [
        "methods(eventShape.length, shiftNow, tf.exp(logScale), () => logScale)",
        "methods(eventShape.length, shiftNow, tf.exp(logScale), () => tf.exp(logScale))",
        "scale instead of log scale",
      ],
    ],
  ),
  ...bijectors(
    "batchNorm",
    ["batch-norm"],
    [
      [
        "return [y, tf.neg(constantLogDet(x, rank, tf.sum(s)))]",
        "return [y, constantLogDet(x, rank, tf.sum(s))]",
        "sign of the forward log-det",
      ],
      [
        "return [x, constantLogDet(y, rank, tf.sum(s))]",
        "return [x, constantLogDet(y, rank, tf.mean(s))]",
        "mean instead of sum",
      ],
      ["tf.exp(tf.neg(s))), known.mean)", "tf.exp(s)), known.mean)", "scale the wrong way"],
      ["byBatch && rowCount", "rowCount", "the batch's statistics in evaluation mode"],
      ["gathered: true", "gathered: false", "gathered leaves are not marked"],
      [
        'site?.report?.(["mean"]',
        'site?.report?.(["average"]',
        "state reported under a wrong name",
      ],
    ],
  ),
  ...bijectors(
    "transformers/rationalQuadraticSpline",
    ["rational-quadratic-spline"],
    [
      [
        "tf.mul(b, tf.square(theta)), tf.mul(a, tf.square(phi))",
        "tf.mul(a, tf.square(theta)), tf.mul(b, tf.square(phi))",
        "slopes of the ends exchanged in the log-det",
      ],
      ["tf.mul(2, tf.log(denominator))", "tf.log(denominator)", "dropped square"],
      [
        "tf.mul(tf.add(a, b), tf.mul(theta, phi))",
        "tf.mul(tf.sub(a, b), tf.mul(theta, phi))",
        "sign",
      ],
      [
        "tf.add(theta, tf.mul(bin.a, phi))",
        "tf.add(theta, tf.mul(bin.b, phi))",
        "slope of the wrong end",
      ],
      ["tf.mul(4, tf.mul(eta, omega))", "tf.mul(2, tf.mul(eta, omega))", "another discriminant"],
      ["tf.where(positive, u, tf.neg(u))", "u", "the other root"],
      [
        "tf.neg(logDerivative(bin, place, denominatorAt(bin, place)))",
        "logDerivative(bin, place, denominatorAt(bin, place))",
        "sign of the inverse log-det",
      ],
      ["tf.where(inside, logDet, 0)", "logDet", "log-det of the tails"],
      ["tf.where(inside, y, x)", "y", "no tails"],
      [
        "return [padBins(inner, 1, 0, -bound), padBins(inner, 0, 1, bound)]",
        "return [padBins(inner, 1, 0, 0), padBins(inner, 0, 1, bound)]",
        "the first bin begins at 0",
      ],
      ["tf.less(each, upper)", "tf.lessEqual(each, lower)", "no bin, or two"],
    ],
  ),
  ...bijectors(
    "transformers/sinhArcsinh",
    ["sinh-arcsinh"],
    [
      ["tf.neg(logDet(a, t))", "logDet(a, t)", "sign of the inverse log-det"],
      ["tf.exp(tf.neg(logDelta))", "tf.exp(logDelta)", "tails the wrong way"],
      ["tf.sub(t, a)", "tf.sub(a, t)", "log cosh of the negative"],
      [
        "tf.mul(tf.add(a, epsilon), tf.exp(logDelta))",
        "tf.add(tf.mul(a, tf.exp(logDelta)), epsilon)",
        "skewed after the tails, in one direction only",
      ],
    ],
  ),
  ...bijectors(
    "transformers/affineTransformer",
    ["affine", "elementwise"],
    [
      [
        "tf.neg(constantLogDet(y, 0, logScale))",
        "constantLogDet(y, 0, logScale)",
        "sign of the inverse log-det",
      ],
      ["tf.exp(tf.neg(logScale))", "tf.exp(logScale)", "scale the wrong way"],
      [
        "constantLogDet(x, 0, logScale)",
        "constantLogDet(x, 0, rawLogScale)",
        "not the bounded one",
      ],
    ],
  ),
  ...core(
    "combinators/elementwise",
    ["elementwise"],
    [["tf.sum(logDet, -1)", "tf.mean(logDet, -1)", "mean instead of sum"]],
  ),
  ...made(
    "structure",
    ["masked-autoregressive", "maf", "iaf"],
    [["() => of.outputs).flat()", "() => of.levels).flat()", "an output sees its own input"]],
  ),
  ...made(
    "masks",
    ["masked-autoregressive"],
    [
      [
        "sets[a]!.length <= sets[b]!.length && sets[a]!.every((input) => seen[b]!.has(input))",
        "sets[b]!.every((input) => seen[a]!.has(input))",
        "units feed those that see less",
      ],
      [
        "(input, degree) => seen[degree]!.has(input)",
        "(input, degree) => !seen[degree]!.has(input)",
        "the inputs that a unit does not see",
      ],
    ],
  ),
  ...made(
    "weights",
    ["masked-autoregressive", "maf"],
    [
      [
        "if (contextSize === undefined) return undefined",
        "if (contextSize === undefined || context) return undefined",
        "context dropped",
      ],
    ],
  ),
  ...distributions(
    "gaussianMixture",
    ["gaussian-mixture"],
    [
      [
        "tf.add(standardLogProb(z, 1, d), logDet)",
        "standardLogProb(z, 1, d)",
        "components without log-dets",
      ],
      [
        "tf.add(tf.log(shares()), tf.max",
        "tf.add(tf.log(operand(options.weights)), tf.max",
        "weights not normalised",
      ],
      ["tf.lessEqual(cumulative", "tf.greater(cumulative", "the choice counted from the end"],
      ["tf.add(within, tf.square(off))", "within", "variance without that of the means"],
    ],
  ),
  ...made(
    "ensemble",
    ["made-bernoulli"],
    [
      ["tf.lessEqual(tf.expand", "tf.greaterEqual(tf.expand", "masks the other way round"],
      ["orderMask(degrees[0]!, degrees.at(-1)!)", "1", "direct connections without masks"],
    ],
  ),
  ...made(
    "madeDensity",
    ["made-gaussian", "made-bernoulli"],
    [
      ["Math.log(logProbs.length)", "0", "the sum of the members' densities"],
      ["level <= Math.max", "level < Math.max", "one pass too few"],
      ["tf.equal(choice, k), draw, x", "tf.equal(choice, 0), draw, x", "draws of one member only"],
    ],
  ),
  ...made(
    "conditionals/gaussian",
    ["made-gaussian", "made-mog"],
    [
      ["tf.add(logScale, logRootTwoPi)", "logScale", "without the constant"],
      ["tf.exp(tf.neg(logScale))", "tf.exp(logScale)", "multiplied by the scale, not divided"],
      ["tf.mul(z!, tf.exp(logScale))", "tf.mul(z!, tf.exp(tf.neg(logScale)))", "draws of 1/σ"],
    ],
  ),
  ...made(
    "conditionals/mixture",
    ["made-mog"],
    [
      ["tf.add(logSoftmax(logits!), tf.max", "tf.add(logits!, tf.max", "weights not normalised"],
      ["choose(u!, logits!)", "choose(u!, mean!)", "components chosen by their means"],
    ],
  ),
  ...made(
    "conditionals/bernoulli",
    ["made-bernoulli"],
    [["tf.sub(1, tf.mul(2, x))", "tf.sub(tf.mul(2, x), 1)", "heads for tails"]],
  ),
  ...made(
    "conditionals/categorical",
    ["made-categorical"],
    [["tf.mul(logSoftmax(raw),", "tf.mul(raw,", "probabilities not normalised"]],
  ),
  ...made(
    "conditionals/softmax",
    ["made-categorical", "made-mog"],
    [["tf.lessEqual(cumulative", "tf.greater(cumulative", "the choice counted from the end"]],
  ),
  ...bijectors(
    "transformers/affineTransformer",
    ["masked-autoregressive"],
    [
      [
        "tf.mul(tf.sub(y, shift), tf.exp(tf.neg(logScale)))",
        "tf.sub(tf.mul(y, tf.exp(tf.neg(logScale))), shift)",
        "shifted before and scaled after, the wrong way round",
      ],
    ],
  ),
  ...flows(
    "maskedAutoregressive",
    ["masked-autoregressive"],
    [
      [
        "tf.reshape(sumEvent(logDets, 1), [...batch])",
        "tf.reshape(tf.mean(logDets, 1), [...batch])",
        "mean instead of sum",
      ],
    ],
  ),
  ...flows(
    "inversion/autoregressiveSolution",
    ["masked-autoregressive"],
    [
      [
        "tf.transpose(rowsAt(rows, undone(byLevel(network.levels, of))))",
        "tf.transpose(rows) as tf.Tensor2D",
        "dimensions left in the order in which they are solved",
      ],
      [
        "return [lambda, tf.neg(lambda)]",
        "return [lambda, lambda]",
        "sign of the weights' gradient",
      ],
      [
        "undone(byLevel(reversedLevels(network.levels)))",
        "undone(byLevel(network.levels))",
        "the gradient's dimensions in the wrong order",
      ],
    ],
  ),
  ...core("combinators/chain", "pairs", [
    [
      "logDet = tf.add(logDet, sumEvent(ld, rank - bijector.eventRankIn))\n        rank += bijector.eventRankOut",
      "logDet = sumEvent(ld, rank - bijector.eventRankIn)\n        rank += bijector.eventRankOut",
      "only the last layer's log-det",
    ],
    [
      "for (const bijector of bijectors.toReversed()) {",
      "for (const bijector of bijectors) {",
      "inverse in the forward order",
    ],
    [
      "const rankIn = bijectors.find((b) => b.eventRankIn > 0)?.eventRankIn ?? 0",
      "const rankIn = bijectors[0]?.eventRankIn ?? 0",
      "event rank of the first layer, though elementwise",
    ],
    [
      "inverse: (y) => bijectors.reduceRight(",
      "inverse: (y) => bijectors.reduce(",
      "the short inverse in the wrong order",
    ],
  ]),
  ...core("combinators/invert", "pairs", [
    [
      "forwardAndLogDet: layer.inverseAndLogDet,",
      "forwardAndLogDet: layer.forwardAndLogDet,",
      "not inverted",
    ],
    ["if (original) return original", "", "invert(invert(b)) is another object"],
  ]),
  ...core("combinators/block", "pairs", [
    [
      "const [y, logDet] = inner!.forwardAndLogDet(x)\n        return [y, sumEvent(logDet, rank)]",
      "const [y, logDet] = inner!.forwardAndLogDet(x)\n        return [y, rank > 0 ? tf.mean(logDet, -1) : logDet]",
      "mean instead of sum",
    ],
  ]),
  ...core(
    "combinators/masked",
    ["masked"],
    [
      [
        "return [tf.where(on, y, x), sumEvent(tf.where(on, logDet, tf.zerosLike(logDet)), 1)]",
        "return [tf.where(on, y, x), sumEvent(logDet, 1)]",
        "log-det of copied elements",
      ],
      ["return [tf.where(on, y, x)", "return [y", "copied elements changed"],
    ],
  ),
  ...core(
    "combinators/concat",
    ["concat"],
    [["sumEvent(logDet, 1 - rank(bijectors[i]!))", "tf.mean(logDet, -1)", "mean over a part"]],
  ),
  ...core(
    "combinators/stack",
    ["stack"],
    [
      [
        "tf.addN(results.map(([, logDet]) => logDet))",
        "results[0]![1]",
        "only the first slice's log-det",
      ],
    ],
  ),
  ...core("eagerBackend", "backend", [
    [
      "tensors.map((t) => tf.clone(t))",
      "[...tensors]",
      "a tensor carried on and reported is freed under its reader",
    ],
    [
      "Effect.ensuring(Effect.sync(() => tf.dispose(outputs.flat())))",
      "Effect.tap(() => Effect.sync(() => tf.dispose(outputs.flat())))",
      "outputs leak on failure and interruption",
    ],
    ["yield* Effect.sleep(0)", "yield* Effect.void", "never lets go of the event loop"],
    ["state.carry = next.carry", "", "the carry does not move on"],
  ]),
]
