/** Mutants made by changing the source of the workspace while it is loaded. */
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Result } from "effect"
import { withComposites } from "../test/composites.ts"
import type * as Everything from "./everything.ts"
import { caughtBy } from "./judge.ts"
import { importMutated, occurrences } from "./load.ts"
import { sourceControls, type SourceMutant, sourceMutants } from "./sourceMutants.ts"
import { slightMutants } from "./slightMutants.ts"
import type { Verdict } from "./Verdict.ts"

/** The laws that notice a source mutant, in a copy of the workspace that has it. */
const judgeSource = async (mutant: SourceMutant, id: string): Promise<ReadonlyArray<string>> => {
  const { bijectors, core, cpu, distributions, flows, laws, made } = await importMutated<
    typeof Everything
  >(id, "laws/mutants/everything.ts", mutant)
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
    ...made.madePlugins,
  ]
  const known = Result.getOrThrow(core.makeRegistry(copies))
  const examplesOf = (tags: ReadonlyArray<string>) =>
    copies.filter((plugin) => tags.includes(plugin.tag))
  const isBroken = mutant.equivalent === undefined && mutant.find !== mutant.replace
  if (mutant.judges === "pairs") {
    const tags = ["exp", "affine", "scale-tril", "tanh", "batch-norm", "reverse", "invert"]
    const pairs = laws.pairsOf(
      examplesOf(tags).flatMap((plugin) => laws.subjectsOf(withComposites(plugin), known)),
    )
    return firstNotice(
      pairs.map((pair) => () => caughtBy(pair, laws.combinatorLaws, 1)),
      [1],
    )
  }
  const judges = examplesOf(mutant.judges).flatMap((plugin): ReadonlyArray<Judge> =>
    [core.bijectorKind.name, core.transformerKind.name].includes(plugin.kind.name)
      ? laws
          .subjectsOf(withComposites(plugin), known)
          .map((subject) => (runs) => caughtBy(subject, laws.bijectorLaws, runs))
      : laws
          .distributionSubjectsOf(plugin, known)
          .map((subject) => (runs) => caughtBy(subject, laws.distributionLaws, Math.min(runs, 2))),
  )
  if (mutant.slight) return judges.flatMap((judge) => judge(1))
  return firstNotice(judges, isBroken ? [1, 8] : [1])
}

/** What notices something about one subject within so many cases. */
type Judge = (runs: number) => ReadonlyArray<string>

/** The laws of the first judge that notices: all look at few cases before any looks at more. */
const firstNotice = (
  judges: ReadonlyArray<Judge>,
  depths: ReadonlyArray<number>,
): ReadonlyArray<string> => {
  for (const runs of depths) {
    for (const judge of judges) {
      const caught = judge(runs)
      if (caught.length > 0) return caught
    }
  }
  return []
}

/** What became of the mutants in the source, and what is no longer as their list says. */
export const sourceVerdicts = async (): Promise<{
  readonly verdicts: ReadonlyArray<Verdict>
  readonly stale: ReadonlyArray<string>
}> => {
  const stale: Array<string> = []
  const verdicts: Array<Verdict> = []
  for (const [i, mutant] of [...sourceControls, ...sourceMutants, ...slightMutants].entries()) {
    const { file, find, replace, why } = mutant
    const count = occurrences(file, find)
    if (count !== 1) {
      stale.push(`${file}: expected once, found ${count} times: ${find}`)
      continue
    }
    const caught = await judgeSource(mutant, String(i)).catch((error: unknown) => [
      `does not load: ${String(error).split("\n")[0]}`,
    ])
    const coarse = caught.filter((law) => !law.endsWith("(float64)"))
    if (mutant.slight && coarse.length > 0) {
      stale.push(`${file}: meant for float64 alone, but caught by ${coarse.join(", ")}: ${replace}`)
    }
    verdicts.push({
      mutant: why,
      of: file,
      caught,
      equivalent: mutant.equivalent,
      control: find === replace,
    })
  }
  return { verdicts, stale }
}
