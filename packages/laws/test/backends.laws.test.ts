import { cpu } from "@pushforward/backend-cpu"
import { wasm } from "@pushforward/backend-wasm"
import { formatFailure, runBackendLaws } from "@pushforward/laws"
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import { expect, it } from "vitest"

it.each([
  ["cpu", cpu],
  ["wasm", wasm],
] as const)("the %s backend keeps every law", async (name, layer) => {
  const reports = await Effect.runPromise(
    runBackendLaws({ name, layer, reference: cpu, tensorCount: () => tf.memory().numTensors }),
  )
  expect(reports.filter((r) => !r.ok).map(formatFailure)).toEqual([])
  expect(reports.length).toBe(6)
})
