import * as tf from "@tensorflow/tfjs-core"
import "@tensorflow/tfjs-backend-cpu"
import "@tensorflow/tfjs-backend-wasm"
import { combinatorPlugins, makeRegistry } from "@pushforward/core"
import { Result } from "effect"
import { subjectsOf, pairsOf, combinatorLaws, runLaws, formatFailure } from "./src/index.ts"
import { bijectorPlugins } from "@pushforward/bijectors"
import { mafIafPlugins } from "@pushforward/flows-maf-iaf"
await tf.setBackend(process.argv[2] ?? "cpu")
const plugins = [...combinatorPlugins, ...bijectorPlugins, ...mafIafPlugins]
const registry = Result.getOrThrow(makeRegistry(plugins))
const subjects = plugins.flatMap((p) => subjectsOf(p, registry))
const pairs = pairsOf(subjects)
const t = performance.now()
let n = 0, inc = 0; let printed = 0
for (const p of pairs) for (const r of runLaws(p, combinatorLaws, { runs: 1 })) { n++; inc += r.inconclusive; if (!r.ok && r.inconclusive === 0 && printed++ < 12) console.log(p.name, "|", r.law, r.measured, r.tolerance, r.detail) }
console.log(subjects.length, pairs.length, n, inc, printed, (performance.now() - t).toFixed(0))
