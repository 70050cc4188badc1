import { bijectorPlugins } from "@pushforward/bijectors"
import {
  type AnyPlugin,
  bijectorKind,
  combinatorPlugins,
  makeRegistry,
  transformerKind,
} from "@pushforward/core"
import { distributionKind, distributionPlugins } from "@pushforward/distributions"
import { mafIafPlugins } from "@pushforward/flows-maf-iaf"
import { madePlugins } from "@pushforward/made"
import {
  bijectorLaws,
  combinatorLaws,
  distributionLaws,
  distributionSubjectsOf,
  formatFailure,
  pairsOf,
  type PluginOrigin,
  type Precision,
  registerLaws,
  runLaws,
  subjectsOf,
} from "@pushforward/laws"
import { Result } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import { withComposites } from "./composites.ts"

/** Every plugin of the workspace. */
const everyPlugin: ReadonlyArray<AnyPlugin> = [
  ...combinatorPlugins,
  ...bijectorPlugins,
  ...distributionPlugins,
  ...mafIafPlugins,
  ...madePlugins,
]

/** Where they come from, for counterexamples. */
export const origins: ReadonlyArray<PluginOrigin> = [
  { module: "@pushforward/bijectors", imports: ["bijectorPlugins"], plugins: "...bijectorPlugins" },
  {
    module: "@pushforward/distributions",
    imports: ["distributionPlugins"],
    plugins: "...distributionPlugins",
  },
  { module: "@pushforward/flows-maf-iaf", imports: ["mafIafPlugins"], plugins: "...mafIafPlugins" },
  { module: "@pushforward/made", imports: ["madePlugins"], plugins: "...madePlugins" },
]

export const registry = Result.getOrThrow(makeRegistry(everyPlugin))

export const bijectorSubjects = everyPlugin
  .filter(({ kind }) => [bijectorKind.name, transformerKind.name].includes(kind.name))
  .flatMap((plugin) => subjectsOf(withComposites(plugin), registry, origins))

/** All laws over all plugins on the backend that `start` selects, in these precisions: float64 knows no backend. */
export const everyLawOn = (
  backend: string,
  start: () => Promise<unknown>,
  precisions: ReadonlyArray<Precision>,
): void => {
  beforeAll(start)

  describe(`bijectors on ${backend}`, () => {
    registerLaws({ describe, it }, bijectorSubjects, bijectorLaws, { runs: 8, precisions })
  })

  describe(`distributions on ${backend}`, () => {
    for (const plugin of everyPlugin.filter((each) => each.kind.name === distributionKind.name)) {
      describe(plugin.tag, () => {
        let subjects: ReturnType<typeof distributionSubjectsOf> = []
        // Building one to see its methods needs the engine.
        beforeAll(() => {
          subjects = distributionSubjectsOf(plugin, registry, origins)
        })
        for (const law of distributionLaws) {
          if (law.precision !== undefined && !precisions.includes(law.precision)) continue
          it(`${law.name}: ${law.statement}`, () => {
            const broken = subjects
              .flatMap((subject) => runLaws(subject, [law], { runs: 4, precisions }))
              .filter((r) => !r.ok)
            expect(broken.map(formatFailure).join("\n\n")).toBe("")
          })
        }
      })
    }
  })

  describe(`combinators on ${backend}`, () => {
    // One example of each plugin: pairs of all examples tell nothing new about the combinators.
    const representatives = everyPlugin
      .filter((plugin) => plugin.kind.name === bijectorKind.name)
      .flatMap((plugin) => subjectsOf(plugin, registry, origins).slice(0, 1))
    const pairs = pairsOf(representatives)
    it("has pairs", () => expect(pairs.length).toBeGreaterThan(100))
    for (const law of combinatorLaws) {
      if (!precisions.includes(law.precision!)) continue
      it(`${law.name}: ${law.statement}`, () => {
        // Nothing but the arithmetic changes from float32: a few pairs tell.
        const some = law.precision === "float64" ? pairs.filter((_, i) => i % 7 === 0) : pairs
        const reports = some.flatMap((pair) => runLaws(pair, [law], { runs: 1 }))
        const broken = reports.filter((r) => !r.ok && r.inconclusive < r.runs)
        expect(broken.map(formatFailure).join("\n\n")).toBe("")
        // Some towers overflow; most must not.
        expect(reports.filter((r) => r.ok).length).toBeGreaterThan(0.9 * reports.length)
      })
    }
  })
}
