import { combinatorPlugins, makeRegistry } from "@pushforward/core"
import "@tensorflow/tfjs-backend-cpu"
import { bijectorLaws } from "./src/bijector/index.ts"
import { runLaws } from "./src/runLaws.ts"
import { compileExamples } from "./src/subjectsOf.ts"
import { formatFailure } from "./src/formatReport.ts"
import { Result } from "effect"
const { bijectorPlugins } = await import("../bijectors/src/index.ts")
let maf: any[] = []
try { const m: any = await import("../flows-maf-iaf/src/index.ts"); maf = m.mafIafPlugins ?? Object.values(m).find(Array.isArray) ?? Object.values(m).filter((v: any) => v && typeof v === "object" && "tag" in v) } catch (e) { console.log(String(e)) }
if (process.argv[2] === "wasm") { await import("@tensorflow/tfjs-backend-wasm"); const tf = await import("@tensorflow/tfjs-core"); await tf.setBackend("wasm") }
const plugins = [...combinatorPlugins, ...bijectorPlugins, ...maf]
const registry = Result.getOrThrow(makeRegistry(plugins))
const t0 = performance.now()
const byLaw = new Map<string, number>()
let n = 0
for (const plugin of plugins.filter((p: any) => p.kind.name === "bijector")) {
  const { subjects, misfits } = compileExamples(plugin, registry)
  for (const m of misfits) console.log("MISFIT", m.error.message)
  for (const s of subjects) {
    const t = performance.now()
    for (const law of bijectorLaws) {
      const t1 = performance.now()
      const reports = runLaws(s, [law], { runs: 10 })
      byLaw.set(law.name, (byLaw.get(law.name) ?? 0) + performance.now() - t1)
      for (const r of reports) { n++; if (!r.ok) console.log(formatFailure(r), "\n", "inconclusive", r.inconclusive) }
    }
    console.log(s.name, (performance.now() - t).toFixed(0), "ms")
  }
}
console.log(n, "laws", (performance.now() - t0).toFixed(0), "ms", byLaw)
