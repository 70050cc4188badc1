import {
  containsEvent,
  foldKey,
  isParametric,
  normalValues,
  type RandomKey,
  type Shape,
  showShape,
  sizeOf,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { jsonLiteral, tensorLiteral } from "../internal/literal.ts"
import type { SetUp } from "../Subject.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { scoped } from "../internal/scoped.ts"

/**
 * One case of a bijector law: the seed of its parameters, and the input value by value.
 *
 * @category models
 */
export interface BijectorCase {
  readonly seed: number
  readonly batch: Shape
  /** `[...batch, ...extra, ...event]`, in the domain. */
  readonly x: ReadonlyArray<number>
  /** `[...batch, ...context]`, where the layer declares a context. */
  readonly context?: ReadonlyArray<number>
}

/** The shape of a case's input. */
export const inputShape = (subject: BijectorSubject, { batch }: BijectorCase): Shape => [
  ...batch,
  ...subject.extraShape,
  ...subject.eventShape,
]

/** The whole output of one case row: extra axes, then the event. */
export const outputShape = ({ layer, extraShape, eventShape }: BijectorSubject): Shape =>
  layer.forwardEventShape([...extraShape, ...eventShape])

/** A case whose input is drawn from the domain. */
export const makeCase = (
  subject: BijectorSubject,
  key: RandomKey,
  seed: number,
  batch: Shape,
): BijectorCase => {
  const { layer } = subject
  const shape = [...batch, ...subject.extraShape, ...subject.eventShape]
  const contextShape = layer.contextShape
  return {
    seed,
    batch,
    x: Array.from(layer.domain.draw(foldKey(key, "x"), shape)),
    ...(contextShape && {
      context: Array.from(
        normalValues(foldKey(key, "context"), sizeOf([...batch, ...contextShape])),
      ),
    }),
  }
}

const rows = (values: ReadonlyArray<number>, count: number, row: number): ReadonlyArray<number> => {
  const size = values.length / count
  return values.slice(row * size, (row + 1) * size)
}

const round = (values: ReadonlyArray<number>, decimals: number): ReadonlyArray<number> =>
  values.map((v) => Math.round(v * 10 ** decimals) / 10 ** decimals)

/** Single rows first, then rounder numbers that stay in the domain. */
export const simplerCases = (
  subject: BijectorSubject,
  sample: BijectorCase,
): ReadonlyArray<BijectorCase> => {
  const count = sizeOf(sample.batch)
  const single =
    sample.batch.length === 0
      ? []
      : Array.from({ length: count }, (_, row) => ({
          ...sample,
          batch: [],
          x: rows(sample.x, count, row),
          ...(sample.context && { context: rows(sample.context, count, row) }),
        }))
  const rounder = [0, 1, 2].flatMap((decimals) => {
    const next: BijectorCase = {
      ...sample,
      x: round(sample.x, decimals),
      ...(sample.context && { context: round(sample.context, decimals) }),
    }
    return next.x.some((v, i) => v !== sample.x[i]) && inDomain(subject, next) ? [next] : []
  })
  const seeds = [0, 1, 2].filter((seed) => seed < sample.seed).map((seed) => ({ ...sample, seed }))
  return [...single, ...seeds, ...rounder]
}

const inDomain = (subject: BijectorSubject, sample: BijectorCase): boolean =>
  scoped(() => {
    const shape = inputShape(subject, sample)
    const x = tf.tensor([...sample.x], [...shape], "float32")
    const { domain, eventRankIn } = subject.layer
    return containsEvent(domain, x, Math.max(eventRankIn, domain.eventRank))
      .dataSync()
      .every((inside) => inside !== 0)
  })

/** A complete module that rebuilds the bijector and the input, and makes the call. */
export const caseCode = (
  subject: BijectorSubject,
  setUp: SetUp,
  sample: BijectorCase,
  call: string,
): string => {
  const { layer } = subject
  const context = sample.context
    ? [
        `const context = ${tensorLiteral(sample.context, [...sample.batch, ...layer.contextShape!])}`,
      ]
    : []
  const parametric = isParametric(layer)
  const [prepare, made] = parametric
    ? [
        [
          `const recipe = layer as ParametricBijector`,
          `const key = makeKey(${sample.seed})`,
          `const params = randomizeParams(recipe.init(key), key)`,
          `const site = ${sample.context ? "{ context }" : "{}"}`,
        ],
        "instantiate(recipe, params, site)",
      ]
    : [[], "layer as Bijector"]
  // Traced code builds the bijector within the trace, where its numbers are float64.
  const traced = call.includes("make()")
  const build = [...prepare, traced ? `const make = () => ${made}` : `const bijector = ${made}`]
  const used = [...build, call].join("\n")
  const names = (of: ReadonlyArray<string>): ReadonlyArray<string> =>
    of.filter((name) => new RegExp(`(?<![.\\w])${name}\\b`, "u").test(used))
  const core = [
    ...names(["block", "chain", "instantiate", "makeKey", "randomizeParams"]),
    parametric ? "type ParametricBijector" : "type Bijector",
  ]
  const laws = names(["jacobian", "logAbsDet"])
  const graph = names(["inFloat64"])
  return [
    `// ${subject.name}, event ${showShape([...subject.extraShape, ...subject.eventShape])}`,
    `import { ${core.join(", ")} } from "@pushforward/core"`,
    ...(laws.length > 0 || call.includes("tf.grad")
      ? [`import { registerGradients } from "@pushforward/core/gradients"`]
      : []),
    ...(graph.length > 0 ? [`import { ${graph.join(", ")} } from "@pushforward/graph"`] : []),
    ...(laws.length > 0 ? [`import { ${laws.join(", ")} } from "@pushforward/laws"`] : []),
    `import * as tf from "@tensorflow/tfjs-core"`,
    `import "@tensorflow/tfjs-backend-cpu"`,
    ...setUp.imports,
    ``,
    ...(laws.length > 0 || call.includes("tf.grad") ? ["registerGradients()"] : []),
    ...setUp.statements,
    ...context,
    ...build,
    `const x = ${tensorLiteral(sample.x, inputShape(subject, sample))}`,
    call,
  ].join("\n")
}

/** Names a spec shortly. */
export const specLabel = (spec: unknown): string => {
  const text = jsonLiteral(spec)
  return text.length > 70 ? `${text.slice(0, 67)}...` : text
}
