/**
 * Verifies a module: finds the plugins among its exports and runs every law on their examples.
 */
import {
  type AnyPlugin,
  bijectorKind,
  combinatorPlugins,
  makeRegistry,
  type RegistryShape,
  transformerKind,
} from "@pushforward/core"
import { distributionKind } from "@pushforward/distributions"
import { Result } from "effect"
import { bijectorLaws } from "./bijector/index.ts"
import { distributionLaws } from "./distribution/index.ts"
import type { Law } from "./Law.ts"
import { type LawReport, runLaws, type RunOptions } from "./runLaws.ts"
import type { Subject } from "./Subject.ts"
import {
  type Compiled,
  compileDistributions,
  compileExamples,
  type Misfit,
  type PluginOrigin,
} from "./subjectsOf.ts"

/**
 * What a module's verification found.
 *
 * **Details**
 *
 * - `ok`: every required law holds, and every example compiles
 * - `problems`: what keeps examples from being put under law at all
 *
 * @category models
 */
export interface VerifyReport {
  readonly ok: boolean
  readonly plugins: ReadonlyArray<string>
  readonly laws: ReadonlyArray<LawReport>
  readonly problems: ReadonlyArray<string>
}

/** What {@link verifyModule} takes beside the module. */
export interface VerifyOptions extends RunOptions {
  /** The module's import path, for counterexamples. */
  readonly from?: string
  /** More plugins that the module's examples name, such as the standard bijectors. */
  readonly plugins?: ReadonlyArray<AnyPlugin>
  /** Where those come from, for counterexamples. */
  readonly origins?: ReadonlyArray<PluginOrigin>
}

const isPlugin = (value: unknown): value is AnyPlugin => {
  const plugin = value as Partial<AnyPlugin> | null | undefined
  return (
    typeof plugin === "object" &&
    plugin !== null &&
    typeof plugin.tag === "string" &&
    typeof plugin.compile === "function" &&
    typeof plugin.kind?.name === "string" &&
    Array.isArray(plugin.examples)
  )
}

/** The plugins among a module's exports, single and in lists, each with the export that holds it. */
const findPlugins = (
  module: Readonly<Record<string, unknown>>,
): ReadonlyMap<AnyPlugin, { readonly name: string; readonly list: boolean }> => {
  const found = new Map<AnyPlugin, { readonly name: string; readonly list: boolean }>()
  for (const [name, value] of Object.entries(module)) {
    if (isPlugin(value)) found.set(value, { name, list: false })
  }
  for (const [name, value] of Object.entries(module)) {
    if (!Array.isArray(value)) continue
    for (const plugin of value.filter(isPlugin)) {
      if (!found.has(plugin)) found.set(plugin, { name, list: true })
    }
  }
  return found
}

interface Run {
  readonly reports: ReadonlyArray<LawReport>
  readonly misfits: ReadonlyArray<Misfit>
}

const runAll = <C, S extends Subject<C>>(
  { subjects, misfits }: Compiled<S>,
  laws: ReadonlyArray<Law<S, C>>,
  options: RunOptions,
): Run => ({
  misfits,
  reports: subjects.flatMap((subject) => runLaws<C, S>(subject, laws, options)),
})

type Runner = (
  plugin: AnyPlugin,
  registry: RegistryShape,
  origins: ReadonlyArray<PluginOrigin>,
  options: RunOptions,
) => Run

const asBijectors: Runner = (plugin, registry, origins, options) =>
  runAll(compileExamples(plugin, registry, origins), bijectorLaws, options)

/** How plugins of each kind are put under law. */
const runners: Readonly<Record<string, Runner>> = {
  [bijectorKind.name]: asBijectors,
  [transformerKind.name]: asBijectors,
  [distributionKind.name]: (plugin, registry, origins, options) =>
    runAll(compileDistributions(plugin, registry, origins), distributionLaws, options),
}

/**
 * Runs all laws over every plugin that a module exports, singly or in a list; `pushforward verify` prints the result.
 *
 * **Details**
 *
 * - Plugins are found by their structure: nothing has to be registered
 * - float32 laws run on TensorFlow.js' current backend: import or provide one first. float64 laws need what is under law
 *   to be traceable, which is a law itself
 *
 * **Example** (A plugin with its examples is all it takes)
 *
 * ```ts
 * import { bijectorKind, inline, makePlugin } from "@pushforward/core"
 * import { verifyModule } from "@pushforward/laws"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 * import { Result, Schema } from "effect"
 *
 * const shift = makePlugin(bijectorKind, "shift", {
 *   description: "y = x + by",
 *   fields: { by: Schema.Finite },
 *   examples: [{ spec: { _tag: "shift", by: 2 }, eventShape: [3] }],
 *   compile: ({ by }) =>
 *     Result.succeed(
 *       inline({
 *         name: "shift",
 *         increasing: true,
 *         forward: (x) => tf.add(x, by),
 *         inverse: (y) => tf.sub(y, by),
 *         forwardLogDet: (x) => tf.zerosLike(x),
 *       }),
 *     ),
 * })
 * verifyModule({ shift }).ok // => true
 * ```
 *
 * @category runners
 */
export const verifyModule = (
  module: Readonly<Record<string, unknown>>,
  options: VerifyOptions = {},
): VerifyReport => {
  const found = findPlugins(module)
  const own = [...found.keys()]
  const identity = (plugin: AnyPlugin): string => `${plugin.kind.name}.${plugin.tag}`
  const ownTags = new Set(own.map(identity))
  // The module under law may be another copy of a package that is also among the known plugins.
  const others = [...new Set([...combinatorPlugins, ...(options.plugins ?? [])])].filter(
    (plugin) => !ownTags.has(identity(plugin)),
  )
  const registry = makeRegistry([...others, ...own])
  if (Result.isFailure(registry)) {
    return { ok: false, plugins: [], laws: [], problems: [registry.failure.message] }
  }
  const problems: Array<string> = []
  const laws: Array<LawReport> = []
  const exports = [...new Set([...found.values()].map(({ name }) => name))]
  const origins: ReadonlyArray<PluginOrigin> = [
    ...(options.origins ?? []),
    {
      module: options.from ?? "./your-module.ts",
      imports: exports,
      plugins: exports
        .map((name) => (Array.isArray(module[name]) ? `...${name}` : name))
        .join(", "),
    },
  ]
  for (const plugin of found.keys()) {
    if (plugin.examples.length === 0) {
      problems.push(
        `${plugin.tag} has no examples, so no law can be checked. Add one to \`examples\`.`,
      )
    }
    const run = runners[plugin.kind.name]
    if (run === undefined) continue
    const { reports, misfits } = run(plugin, registry.success, origins, options)
    problems.push(
      ...misfits.map(
        ({ error }) => `an example of ${plugin.tag} does not compile: ${error.message}`,
      ),
    )
    laws.push(...reports)
  }
  return {
    ok:
      found.size > 0 &&
      problems.length === 0 &&
      laws.every((report) => report.ok || report.grade !== "required"),
    plugins: [...found.keys()].map((plugin) => plugin.tag),
    laws,
    problems,
  }
}
