/**
 * Breaks every bijector on purpose and shows that the laws notice: `pnpm mutants`. Exits with 1 when a mutant survives
 * that is not listed as equivalent, when one listed as equivalent is caught, when a control is caught, in which nothing
 * was broken, and when a text to replace is gone.
 */
import "@tensorflow/tfjs-backend-cpu"
import { fork } from "node:child_process"
import { once } from "node:events"
import { registerGradients } from "@pushforward/core/gradients"
import * as tf from "@tensorflow/tfjs-core"
import { sourceVerdicts } from "./changed.ts"
import type { Verdict } from "./Verdict.ts"
import { distributionVerdicts, layerVerdicts } from "./wrapped.ts"

interface Answer {
  readonly changed: Awaited<ReturnType<typeof sourceVerdicts>>
  readonly distributions: ReadonlyArray<Verdict>
}

tf.enableProdMode()
await tf.setBackend("cpu")
registerGradients()

const survives = ({ caught, equivalent, control }: Verdict): boolean =>
  caught.length === 0 && equivalent === undefined && control !== true
const unexpected = ({ caught, equivalent, control }: Verdict): boolean =>
  caught.length > 0 && (equivalent !== undefined || control === true)

/** One line per mutant: how many subjects it broke, and the laws that caught it. */
const print = (title: string, verdicts: ReadonlyArray<Verdict>): void => {
  console.log(`\n${title}`)
  const groups = Map.groupBy(verdicts, (v) => v.mutant)
  const width = Math.max(...[...groups.keys()].map((name) => name.length))
  for (const [name, group] of groups) {
    const real = group.filter((v) => v.equivalent === undefined)
    const caught = real.filter((v) => v.caught.length > 0)
    const laws = Map.groupBy(
      caught.flatMap((v) => v.caught),
      (law) => law,
    )
    const ranked = [...laws]
      .toSorted((a, b) => b[1].length - a[1].length)
      .map(([law, hits]) => (hits.length === real.length ? law : `${law} ${hits.length}`))
    const skipped = group.length - real.length
    console.log(
      `  ${name.padEnd(width)}  ${`${caught.length}/${real.length}`.padStart(6)}` +
        `${(skipped > 0 ? `, ${skipped} equivalent` : "").padEnd(15)}  ${ranked.join(", ")}`,
    )
  }
}

const started = performance.now()
if (process.send) {
  // The second process: TensorFlow.js has one engine per process, and two cores are there.
  process.send({
    changed: await sourceVerdicts(),
    distributions: distributionVerdicts(),
  } satisfies Answer)
  process.exit(0)
}
const child = fork(import.meta.filename)
const answer = once(child, "message") as Promise<[Answer]>
const ended = once(child, "exit")
const layers = layerVerdicts()
const { changed, distributions } = await Promise.race([
  answer.then(([verdicts]) => verdicts),
  ended.then(([code]): Answer => {
    throw new Error(`the second process ended with ${String(code)} before it answered`)
  }),
])

print("Wrapped bijectors: caught of real mutants, equivalent ones, and the laws that catch", layers)
print("Wrapped distributions", distributions)
console.log("\nChanged source")
for (const v of changed.verdicts) {
  const missed = v.control ? "nothing, as it should" : (v.equivalent ?? "SURVIVES")
  const result = v.caught.length > 0 ? v.caught.join(", ") : missed
  console.log(`  ${v.of.padEnd(44)}  ${v.mutant}\n${" ".repeat(48)}${result}`)
}

const all = [...layers, ...distributions, ...changed.verdicts]
const survivors = all.filter(survives)
const revived = all.filter(unexpected)
for (const v of survivors) console.log(`\nSURVIVES  ${v.mutant}: ${v.of}`)
for (const v of revived) {
  console.log(
    `\nCAUGHT, though ${v.control ? "nothing was broken" : `listed as equivalent (${v.equivalent})`}: ${v.mutant}: ${v.of}, by ${v.caught.join(", ")}`,
  )
}
for (const line of changed.stale) console.log(`\nSTALE  ${line}`)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(
  `\n${all.filter((v) => !v.control).length} mutants, ${all.filter((v) => v.caught.length > 0 && !v.control).length} caught, ` +
    `${all.filter((v) => v.equivalent !== undefined).length} equivalent, ${survivors.length} survive; ${seconds} s`,
)
process.exitCode = survivors.length + revived.length + changed.stale.length > 0 ? 1 : 0
