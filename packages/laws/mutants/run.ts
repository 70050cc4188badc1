/**
 * Breaks every bijector on purpose and shows that the laws notice: `pnpm mutants`. Exits with 1 when a mutant survives
 * that is not listed as equivalent, when one listed as equivalent is caught, and when a text to replace is gone.
 */
import "@tensorflow/tfjs-backend-cpu"
import { bijectorPlugins } from "@pushforward/bijectors"
import { bijectorKind, combinatorPlugins, makeRegistry } from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import { distributionKind, distributionPlugins } from "@pushforward/distributions"
import { mafIafPlugins } from "@pushforward/flows-maf-iaf"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Result } from "effect"
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
import type * as Everything from "./everything.ts"
import { caughtBy } from "./judge.ts"
import { layerMutants } from "./layerMutants.ts"
import { importMutated, occurrences } from "./load.ts"
import { type SourceMutant, sourceMutants } from "./sourceMutants.ts"

interface Verdict {
  readonly mutant: string
  readonly of: string
  readonly caught: ReadonlyArray<string>
  /** Why it need not be caught. */
  readonly equivalent?: string | undefined
}

tf.enableProdMode()
await tf.setBackend("cpu")
registerGradients()
const started = performance.now()

const plugins = [...combinatorPlugins, ...bijectorPlugins, ...distributionPlugins, ...mafIafPlugins]
const registry = Result.getOrThrow(makeRegistry(plugins))
const ofKind = (name: string) => plugins.filter((plugin) => plugin.kind.name === name)

const subjects = ofKind(bijectorKind.name).flatMap((plugin) => subjectsOf(withComposites(plugin), registry))
const layerVerdicts: ReadonlyArray<Verdict> = layerMutants.flatMap(({ name, make }) =>
  subjects.flatMap((subject) => {
    const layer = make(subject.layer)
    if (layer === undefined) return []
    const broken = bijectorSubject({
      name: subject.name,
      layer,
      eventShape: [...subject.extraShape, ...subject.eventShape],
    })
    const caught = caughtBy(broken, bijectorLaws)
    return [{ mutant: name, of: subject.name, caught, equivalent: equivalence(name, subject.name) }]
  }),
)

const distributionVerdicts: ReadonlyArray<Verdict> = distributionMutants.flatMap(({ name, make }) =>
  ofKind(distributionKind.name)
    .flatMap((plugin) => distributionSubjectsOf(plugin, registry))
    .flatMap((subject) => {
      const layer = make(subject.layer)
      const caught = caughtBy(distributionSubject({ name: subject.name, layer }), distributionLaws, 2)
      return [{ mutant: name, of: subject.name, caught, equivalent: equivalence(name, subject.name) }]
    }),
)

/** The laws that notice a source mutant, in a copy of the workspace that has it. */
const judgeSource = async (mutant: SourceMutant, id: string): Promise<ReadonlyArray<string>> => {
  const { bijectors, core, cpu, distributions, flows, laws } = await importMutated<typeof Everything>(
    id,
    "laws/mutants/everything.ts",
    mutant,
  )
  if (mutant.judges === "backend") {
    const reports = await Effect.runPromise(
      laws.runBackendLaws({
        name: "cpu",
        layer: cpu.cpu,
        reference: cpu.cpu,
        tensorCount: () => tf.memory().numTensors,
      }),
    )
    return reports.filter((r) => !r.ok).map((r) => r.law)
  }
  const copies = [
    ...core.combinatorPlugins,
    ...bijectors.bijectorPlugins,
    ...distributions.distributionPlugins,
    ...flows.mafIafPlugins,
  ]
  const known = Result.getOrThrow(core.makeRegistry(copies))
  const examplesOf = (tags: ReadonlyArray<string>) => copies.filter((plugin) => tags.includes(plugin.tag))
  if (mutant.judges === "pairs") {
    const tags = ["exp", "affine", "scale-tril", "tanh", "batch-norm", "reverse", "invert"]
    const pairs = laws.pairsOf(
      examplesOf(tags).flatMap((plugin) => laws.subjectsOf(withComposites(plugin), known)),
    )
    return [...new Set(pairs.flatMap((pair) => caughtBy(pair, laws.combinatorLaws, 1)))]
  }
  const found = examplesOf(mutant.judges).flatMap((plugin) =>
    plugin.kind.name === core.bijectorKind.name
      ? laws
          .subjectsOf(withComposites(plugin), known)
          .flatMap((subject) => caughtBy(subject, laws.bijectorLaws))
      : laws
          .distributionSubjectsOf(plugin, known)
          .flatMap((subject) => caughtBy(subject, laws.distributionLaws, 2)),
  )
  return [...new Set(found)]
}

const stale: Array<string> = []
const sourceVerdicts: Array<Verdict> = []
for (const [i, mutant] of sourceMutants.entries()) {
  const { file, find, why } = mutant
  const count = occurrences(file, find)
  if (count !== 1) {
    stale.push(`${file}: expected once, found ${count} times: ${find}`)
    continue
  }
  const caught = await judgeSource(mutant, String(i)).catch((error: unknown) => [
    `does not load: ${String(error).split("\n")[0]}`,
  ])
  sourceVerdicts.push({ mutant: why, of: file, caught, equivalent: mutant.equivalent })
}

const survives = ({ caught, equivalent }: Verdict): boolean => caught.length === 0 && equivalent === undefined
const unexpected = ({ caught, equivalent }: Verdict): boolean => caught.length > 0 && equivalent !== undefined

/** One line per mutant: how many subjects it broke, and the laws that caught it. */
const print = (title: string, verdicts: ReadonlyArray<Verdict>): void => {
  console.log(`\n${title}`)
  const groups = Map.groupBy(verdicts, (v) => v.mutant)
  const width = Math.max(...[...groups.keys()].map((name) => name.length))
  for (const [name, group] of groups) {
    const real = group.filter((v) => v.equivalent === undefined)
    const caught = real.filter((v) => v.caught.length > 0)
    const laws = Map.groupBy(caught.flatMap((v) => v.caught), (law) => law)
    const ranked = [...laws].toSorted((a, b) => b[1].length - a[1].length).map(([law, hits]) =>
      hits.length === real.length ? law : `${law} ${hits.length}`,
    )
    const skipped = group.length - real.length
    console.log(
      `  ${name.padEnd(width)}  ${`${caught.length}/${real.length}`.padStart(6)}` +
        `${(skipped > 0 ? `, ${skipped} equivalent` : "").padEnd(15)}  ${ranked.join(", ")}`,
    )
  }
}

print("Wrapped bijectors: caught of real mutants, equivalent ones, and the laws that catch", layerVerdicts)
print("Wrapped distributions", distributionVerdicts)
console.log("\nChanged source")
for (const v of sourceVerdicts) {
  const result = v.caught.length > 0 ? v.caught.join(", ") : (v.equivalent ?? "SURVIVES")
  console.log(`  ${v.of.padEnd(44)}  ${v.mutant}\n${" ".repeat(48)}${result}`)
}

const all = [...layerVerdicts, ...distributionVerdicts, ...sourceVerdicts]
const survivors = all.filter(survives)
const revived = all.filter(unexpected)
for (const v of survivors) console.log(`\nSURVIVES  ${v.mutant}: ${v.of}`)
for (const v of revived) {
  console.log(`\nCAUGHT, though listed as equivalent (${v.equivalent}): ${v.mutant}: ${v.of}, by ${v.caught.join(", ")}`)
}
for (const line of stale) console.log(`\nGONE  ${line}`)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(
  `\n${all.length} mutants, ${all.filter((v) => v.caught.length > 0).length} caught, ` +
    `${all.filter((v) => v.equivalent !== undefined).length} equivalent, ${survivors.length} survive; ${seconds} s`,
)
process.exitCode = survivors.length + revived.length + stale.length > 0 ? 1 : 0
