import * as tf from "@tensorflow/tfjs-core"
import "@tensorflow/tfjs-backend-cpu"
import "@tensorflow/tfjs-backend-wasm"
import { verifyModule, formatReport, formatFailure } from "./src/index.ts"
import { bijectorPlugins } from "@pushforward/bijectors"
import { mafIafPlugins } from "@pushforward/flows-maf-iaf"
const m = await import("@pushforward/distributions")
await tf.setBackend(process.argv[2] ?? "cpu")
const t = performance.now()
const r = verifyModule(m, { plugins: [...bijectorPlugins, ...mafIafPlugins], runs: 5 })
for (const l of r.laws) if (!l.ok) console.log(formatFailure(l))
console.log(r.problems, r.ok, (performance.now() - t).toFixed(0))
if (process.argv[3]) console.log(formatReport(r))
