/**
 * Subjects from plugins: each of a plugin's examples, compiled through a registry.
 */
import {
  type AnyPlugin,
  bijectorKind,
  elementwise,
  type Kind,
  type Layer,
  type RegistryShape,
  type SpecError,
  transformerKind,
} from "@pushforward/core"
import { distributionKind } from "@pushforward/distributions"
import { Result } from "effect"
import { specLabel } from "./bijector/BijectorCase.ts"
import { type BijectorSubject, bijectorSubject } from "./bijector/BijectorSubject.ts"
import {
  type DistributionSubject,
  distributionSubject,
} from "./distribution/DistributionSubject.ts"
import { jsonLiteral } from "./internal/literal.ts"
import type { SpecSource } from "./spec/SpecSource.ts"
import type { SetUp } from "./Subject.ts"

/** Where plugins come from, so that counterexamples can import them. */
export interface PluginOrigin {
  /** The module, as an import path. */
  readonly module: string
  /** The names to import from it. */
  readonly imports: ReadonlyArray<string>
  /** The elements of the plugin list: `...bijectorPlugins`, or `myPlugin`. */
  readonly plugins: string
}

/** The code that compiles a spec of these plugins into `layer`. */
const registrySetUp = (
  origins: ReadonlyArray<PluginOrigin>,
  kind: { readonly name: string; readonly module: string },
  spec: unknown,
  target: string,
  eventShape?: string,
): SetUp => {
  // Of a transformer, what is judged is the layer that it makes with parameters of its own.
  const compiled = `Result.getOrThrow(registry.compile(kind, spec, ${target}))`
  const [layer, also] = eventShape
    ? [`elementwise(${compiled}, ${eventShape})`, ["elementwise"]]
    : [compiled, []]
  const names = ["combinatorPlugins", "makeRegistry", ...also]
  const ofCore = kind.module === "@pushforward/core"
  const plugins = ["...combinatorPlugins", ...origins.map((origin) => origin.plugins)]
  return {
    imports: [
      `import { ${(ofCore ? [kind.name, ...names] : names).join(", ")} } from "@pushforward/core"`,
      ...(ofCore ? [] : [`import { ${kind.name} } from "${kind.module}"`]),
      ...origins.map(({ module, imports }) => `import { ${imports.join(", ")} } from "${module}"`),
      `import { Result } from "effect"`,
    ],
    statements: [
      `const registry = Result.getOrThrow(makeRegistry([${plugins.join(", ")}]))`,
      `const kind = ${kind.name}`,
      `const spec = ${jsonLiteral(spec)}`,
      `const layer = ${layer}`,
    ],
  }
}

/** A plugin's example that cannot be put under law, and why. */
export interface Misfit {
  readonly example: unknown
  readonly error: SpecError
}

/** What a plugin's examples gave. */
export interface Compiled<S> {
  readonly subjects: ReadonlyArray<S>
  readonly misfits: ReadonlyArray<Misfit>
}

/** Compiles each example of a plugin, and puts what comes out under law with `make`. */
const compileEach = <Built, S>(
  kind: Kind<Built>,
  plugin: AnyPlugin,
  registry: RegistryShape,
  make: (built: Built, source: SpecSource, name: string, target: string) => S,
): Compiled<S> => {
  const subjects: Array<S> = []
  const misfits: Array<Misfit> = []
  for (const { spec, eventShape, contextShape } of plugin.examples) {
    const compiled = registry.compile(kind, spec, {
      eventShape,
      contextShape,
    })
    if (Result.isFailure(compiled)) {
      misfits.push({ example: spec, error: compiled.failure })
      continue
    }
    const target = { eventShape, ...(contextShape && { contextShape }) }
    subjects.push(
      make(
        compiled.success,
        { plugin, registry, spec, ...target },
        `${specLabel(spec)} on [${eventShape.join(", ")}]${contextShape ? `, context [${contextShape.join(", ")}]` : ""}`,
        jsonLiteral(target),
      ),
    )
  }
  return { subjects, misfits }
}

const ofLayer = (layer: Layer, source: SpecSource, name: string, setUp: SetUp): BijectorSubject =>
  bijectorSubject({
    name,
    layer,
    eventShape: layer.inverseEventShape(source.eventShape),
    setUp,
    source,
  })

/** Compiles each example of a bijector plugin; those that fail come back as misfits. */
const compileBijectors = (
  plugin: AnyPlugin,
  registry: RegistryShape,
  origins: ReadonlyArray<PluginOrigin>,
): Compiled<BijectorSubject> =>
  compileEach(bijectorKind, plugin, registry, (layer, source, name, target) =>
    ofLayer(
      layer,
      source,
      name,
      registrySetUp(
        origins,
        { name: "bijectorKind", module: "@pushforward/core" },
        source.spec,
        target,
      ),
    ),
  )

/** The same for a transformer plugin: its laws are those of the bijector that `elementwise` makes of it. */
const compileTransformers = (
  plugin: AnyPlugin,
  registry: RegistryShape,
  origins: ReadonlyArray<PluginOrigin>,
): Compiled<BijectorSubject> =>
  compileEach(transformerKind, plugin, registry, (transformer, source, name, target) =>
    ofLayer(
      elementwise(transformer, source.eventShape),
      source,
      `transformer ${name}`,
      registrySetUp(
        origins,
        { name: "transformerKind", module: "@pushforward/core" },
        source.spec,
        target,
        jsonLiteral(source.eventShape),
      ),
    ),
  )

/** Compiles each example of a bijector or transformer plugin. */
export const compileExamples = (
  plugin: AnyPlugin,
  registry: RegistryShape,
  origins: ReadonlyArray<PluginOrigin> = [],
): Compiled<BijectorSubject> =>
  plugin.kind.name === transformerKind.name
    ? compileTransformers(plugin, registry, origins)
    : compileBijectors(plugin, registry, origins)

/** Compiles each example of a distribution plugin. */
export const compileDistributions = (
  plugin: AnyPlugin,
  registry: RegistryShape,
  origins: ReadonlyArray<PluginOrigin> = [],
): Compiled<DistributionSubject> =>
  compileEach(distributionKind, plugin, registry, (layer, source, name, target) =>
    distributionSubject({
      name,
      layer,
      setUp: registrySetUp(
        origins,
        { name: "distributionKind", module: "@pushforward/distributions" },
        source.spec,
        target,
      ),
      source,
    }),
  )

const orThrow = <S>({ subjects, misfits }: Compiled<S>): ReadonlyArray<S> => {
  if (misfits.length > 0) throw misfits[0]!.error
  return subjects
}

/**
 * The subjects of a bijector plugin, one per example; of a transformer plugin, the bijectors that `elementwise` makes.
 *
 * **Details**
 *
 * - Throws: the {@link SpecError} of the first example that does not compile
 *
 * ```ts
 * import { combinatorPlugins, makeRegistry } from "@pushforward/core"
 * import { subjectsOf } from "@pushforward/laws"
 * import { Result } from "effect"
 *
 * const registry = Result.getOrThrow(makeRegistry(combinatorPlugins))
 * subjectsOf(combinatorPlugins[0]!, registry)[0]!.name // => '{"_tag":"chain","layers":[]} on [3]'
 * ```
 *
 * @category constructors
 */
export const subjectsOf = (
  plugin: AnyPlugin,
  registry: RegistryShape,
  origins: ReadonlyArray<PluginOrigin> = [],
): ReadonlyArray<BijectorSubject> => orThrow(compileExamples(plugin, registry, origins))

/**
 * The subjects of a distribution plugin, one per example; see {@link subjectsOf}.
 *
 * ```ts
 * import { combinatorPlugins, makeRegistry } from "@pushforward/core"
 * import { normalPlugin } from "@pushforward/distributions"
 * import { distributionSubjectsOf } from "@pushforward/laws"
 * import { Result } from "effect"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const registry = Result.getOrThrow(makeRegistry([...combinatorPlugins, normalPlugin]))
 * distributionSubjectsOf(normalPlugin, registry)[0]!.layer.name // => "normal"
 * ```
 *
 * @category constructors
 */
export const distributionSubjectsOf = (
  plugin: AnyPlugin,
  registry: RegistryShape,
  origins: ReadonlyArray<PluginOrigin> = [],
): ReadonlyArray<DistributionSubject> => orThrow(compileDistributions(plugin, registry, origins))
