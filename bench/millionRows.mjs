/**
 * Trains the configuration of its argument with our compiled backend and says the most memory that the process held, in bytes.
 *
 * Plain JavaScript on the packages as they are published: what strips types from a module at run time takes some 40 MiB.
 */
import { readFileSync } from "node:fs"
import { onnx } from "@pushforward/backend-onnx"
import { batchNorm, reverse } from "@pushforward/bijectors"
import { chain, makeKey, normalValues } from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import { maskedAutoregressive } from "@pushforward/flows-maf-iaf"
import { fitEvents } from "@pushforward/training"
import { Effect, Stream } from "effect"

const { size, layers, hidden, batch, steps } = JSON.parse(process.argv[2])
const layer = () => [
  maskedAutoregressive({ size, hidden, activation: "tanh" }),
  batchNorm([size]),
]
const flow = Array.from({ length: layers }, (_, i) => [...(i === 0 ? [] : [reverse()]), ...layer()])
const density = transformed(standardNormal([size]), chain(...flow.flat()))
const rows = (count) => ({
  shape: [count, size],
  dtype: "float32",
  values: normalValues(makeKey(0), count * size),
})
const fit = fitEvents(
  density,
  { train: rows(batch * steps), validation: rows(10) },
  { seed: 0, batchSize: batch, epochs: 2 },
)
await Effect.runPromise(Effect.provide(Stream.runDrain(fit), onnx))
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))
console.log(1024 * Number(peak[1]))
