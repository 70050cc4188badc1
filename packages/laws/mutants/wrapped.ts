/** Mutants made by wrapping the methods of registered bijectors and distributions. */
import { bijectorPlugins } from "@pushforward/bijectors"
import { bijectorKind, combinatorPlugins, makeRegistry } from "@pushforward/core"
import { distributionKind, distributionPlugins } from "@pushforward/distributions"
import { mafIafPlugins } from "@pushforward/flows-maf-iaf"
import { madePlugins } from "@pushforward/made"
import { Result } from "effect"
import {
  bijectorLaws,
  bijectorSubject,
  distributionLaws,
  distributionSubject,
  distributionSubjectsOf,
  subjectsOf,
} from "../src/index.ts"
import { withComposites } from "../test/composites.ts"
import { distributionMutants } from "./distributionMutants.ts"
import { equivalence } from "./equivalent.ts"
import { caughtBy } from "./judge.ts"
import { control, layerMutants } from "./layerMutants.ts"
import type { Verdict } from "./Verdict.ts"

const plugins = [
  ...combinatorPlugins,
  ...bijectorPlugins,
  ...distributionPlugins,
  ...mafIafPlugins,
  ...madePlugins,
]
const registry = Result.getOrThrow(makeRegistry(plugins))
const ofKind = (name: string) => plugins.filter((plugin) => plugin.kind.name === name)

const subjects = ofKind(bijectorKind.name).flatMap((plugin) =>
  subjectsOf(withComposites(plugin), registry),
)
/** Cases on which a mutant is judged that nothing should notice: the laws' own tests see many of what is not broken. */
const fewRuns = 1

/** What the laws notice of a mutant within so many cases. */
const verdict = (
  mutant: string,
  of: string,
  judge: (runs: number) => ReadonlyArray<string>,
  runs: number,
): Verdict => {
  const expected = { equivalent: equivalence(mutant, of), control: mutant === control }
  const isBroken = expected.equivalent === undefined && !expected.control
  return { mutant, of, ...expected, caught: judge(isBroken ? runs : fewRuns) }
}

/** Wrapped bijectors. */
export const layerVerdicts = (): ReadonlyArray<Verdict> =>
  layerMutants.flatMap(({ name, make }) =>
    subjects.flatMap((subject) => {
      const layer = make(subject.layer)
      if (layer === undefined) return []
      const broken = bijectorSubject({
        name: subject.name,
        layer,
        eventShape: [...subject.extraShape, ...subject.eventShape],
      })
      return [verdict(name, subject.name, (runs) => caughtBy(broken, bijectorLaws, runs), 8)]
    }),
  )

/** Wrapped distributions. */
export const distributionVerdicts = (): ReadonlyArray<Verdict> =>
  distributionMutants.flatMap(({ name, make, needs, bounded }) =>
    ofKind(distributionKind.name)
      .flatMap((plugin) => distributionSubjectsOf(plugin, registry))
      .flatMap((subject) => {
        const { low, high } = subject.layer.support.bounds
        if (needs && !subject.has.has(needs)) return []
        if (bounded && low === -Infinity && high === Infinity) return []
        const layer = make(subject.layer)
        const broken = distributionSubject({ name: subject.name, layer })
        return [verdict(name, subject.name, (runs) => caughtBy(broken, distributionLaws, runs), 2)]
      }),
  )
