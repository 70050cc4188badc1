/**
 * A distribution as the laws see it.
 */
import {
  foldKey,
  makeKey,
  normalValues,
  type Params,
  randomizeParams,
  type Shape,
  sizeOf,
  toTensors,
} from "@pushforward/core"
import {
  type Distribution,
  type DistributionLayer,
  isParametricDistribution,
} from "@pushforward/distributions"
import * as tf from "@tensorflow/tfjs-core"
import * as fc from "fast-check"
import { tensorLiteral } from "../internal/literal.ts"
import { leavesOf, withLeaves } from "../bijector/program.ts"
import { scoped } from "../internal/scoped.ts"
import type { Host, Input, Judge } from "../judge/Judge.ts"
import type { Law } from "../Law.ts"
import type { SpecSource } from "../spec/SpecSource.ts"
import type { SetUp, Subject } from "../Subject.ts"

/**
 * One case of a distribution law: the seed of its parameters and draws, and a context without batch axes.
 *
 * @category models
 */
export interface DistributionCase {
  readonly seed: number
  readonly context?: ReadonlyArray<number>
}

/**
 * A distribution under law.
 *
 * **Details**
 *
 * - `has`: the methods that exist only where they have a closed form
 *
 * @category models
 */
export interface DistributionSubject extends Subject<DistributionCase> {
  readonly layer: DistributionLayer
  readonly has: ReadonlySet<"mean" | "variance" | "entropy" | "cdf" | "quantile" | "logCdf">
  readonly batchShape: Shape
  readonly source?: SpecSource
}

/** A law about distributions. */
export type DistributionLaw = Law<DistributionSubject, DistributionCase>

const optional = ["mean", "variance", "entropy", "cdf", "quantile", "logCdf"] as const

const paramsOf = (layer: DistributionLayer, { seed }: DistributionCase): Params =>
  isParametricDistribution(layer) ? randomizeParams(layer.init(makeKey(seed)), makeKey(seed)) : {}

/** The distribution of a case, with random parameters. Call it in a tidy scope. */
export const buildDistribution = (
  layer: DistributionLayer,
  sample: DistributionCase,
  context: tf.Tensor | undefined = sample.context &&
    tf.tensor([...sample.context], [...layer.contextShape!], "float32"),
): Distribution =>
  isParametricDistribution(layer)
    ? layer.build(toTensors(paramsOf(layer, sample)), context ? { context } : {})
    : layer

/** A computation of a distribution law: one constant of its module each, as a bijector's program. */
export type DistributionProgram = (
  distribution: Distribution,
  ...inputs: ReadonlyArray<tf.Tensor>
) => ReadonlyArray<tf.Tensor>

/** Runs a program on a case. */
export const runDistribution = (
  judge: Judge,
  { layer }: DistributionSubject,
  sample: DistributionCase,
  program: DistributionProgram,
  inputs: ReadonlyArray<Input>,
): ReadonlyArray<Host> => {
  const params = paramsOf(layer, sample)
  const leaves = leavesOf(params)
  const context: ReadonlyArray<Input> = sample.context
    ? [{ values: sample.context, shape: layer.contextShape! }]
    : []
  return judge.run(
    layer,
    program,
    (tensors) => {
      const own = withLeaves(params, tensors.slice(0, leaves.length))
      const site = context.length > 0 ? { context: tensors[leaves.length]! } : {}
      return program(
        isParametricDistribution(layer) ? layer.build(own, site) : layer,
        ...tensors.slice(leaves.length + context.length),
      )
    },
    [...leaves, ...context, ...inputs],
  )
}

/** The case of a seed. */
export const makeCase = (layer: DistributionLayer, seed: number): DistributionCase => ({
  seed,
  ...(layer.contextShape && {
    context: Array.from(
      normalValues(foldKey(makeKey(seed), "context"), sizeOf(layer.contextShape)),
    ),
  }),
})

/** What {@link distributionSubject} takes. */
export interface DistributionSubjectOptions {
  readonly name?: string
  readonly layer: DistributionLayer
  readonly setUp?: SetUp
  readonly source?: SpecSource
}

/**
 * Puts a distribution or a recipe for one under law.
 *
 * **Example** (A density that is not one)
 *
 * ```ts
 * import { makeDistribution, normal } from "@pushforward/distributions"
 * import { distributionLaws, distributionSubject, runLaws } from "@pushforward/laws"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const standard = normal()
 * const layer = makeDistribution(standard, {
 *   logProb: (x) => tf.mul(-0.5, tf.square(x)),
 *   sampleFrom: standard.sampleFrom,
 * })
 * const reports = runLaws(distributionSubject({ layer }), distributionLaws, { runs: 1 })
 * reports.filter((report) => !report.ok).map((report) => report.law)[0] // => "integrates-to-one"
 * ```
 *
 * @category constructors
 */
export const distributionSubject = ({
  layer,
  name = layer.name,
  setUp = { imports: [], statements: [`// const layer = …: ${layer.name}, as made in your code`] },
  source,
}: DistributionSubjectOptions): DistributionSubject => {
  const { has, batchShape } = scoped(() => {
    const built = buildDistribution(layer, makeCase(layer, 0))
    return {
      has: new Set(optional.filter((method) => built[method] !== undefined)),
      batchShape: built.batchShape,
    }
  })
  return {
    name,
    layer,
    has,
    batchShape,
    ...(source && { source }),
    cases: fc.nat().map((seed) => makeCase(layer, seed)),
    simpler: ({ seed }) => [0, 1, 2].filter((s) => s < seed).map((s) => makeCase(layer, s)),
    code: (sample, call) => {
      const parametric = isParametricDistribution(layer)
      const traced = call.includes("make()")
      const made = parametric
        ? `instantiate(recipe, params${sample.context ? ", { context }" : ""})`
        : "layer as Distribution"
      const core = ["instantiate", "makeKey", "randomizeParams"].filter(
        (each) => each === "makeKey" || parametric,
      )
      return [
        `// ${name}`,
        `import { ${core.join(", ")} } from "@pushforward/core"`,
        ...(call.includes("tf.grad")
          ? [`import { registerGradients } from "@pushforward/core/gradients"`]
          : []),
        `import type { ${parametric ? "ParametricDistribution" : "Distribution"} } from "@pushforward/distributions"`,
        ...(call.includes("inFloat64") ? [`import { inFloat64 } from "@pushforward/graph"`] : []),
        `import * as tf from "@tensorflow/tfjs-core"`,
        `import "@tensorflow/tfjs-backend-cpu"`,
        ...setUp.imports,
        ``,
        ...(call.includes("tf.grad") ? ["registerGradients()"] : []),
        ...setUp.statements,
        `const key = makeKey(${sample.seed})`,
        ...(sample.context
          ? [`const context = ${tensorLiteral(sample.context, layer.contextShape!)}`]
          : []),
        ...(parametric
          ? [
              `const recipe = layer as ParametricDistribution`,
              `const params = randomizeParams(recipe.init(key), key)`,
            ]
          : []),
        traced ? `const make = () => ${made}` : `const distribution = ${made}`,
        call,
      ].join("\n")
    },
  }
}

/** The key of a case's draws, apart from that of its parameters. */
export const drawKey = ({ seed }: DistributionCase): ReturnType<typeof makeKey> =>
  foldKey(makeKey(seed), "draws")

/** `count` draws of a case, on the host: `[count, ...batch, ...event]`. */
export const drawMany = (
  distribution: Distribution,
  sample: DistributionCase,
  count: number,
): Float32Array =>
  Float32Array.from(distribution.sample(drawKey(sample), [count]).dataSync<"float32">())
