import { cpu } from "@pushforward/backend-cpu"
import { runBackendLaws } from "@pushforward/laws"
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import { expect, it } from "vitest"
import { onnxWebWith } from "../src/browser.ts"
import { countWorkers } from "./countWorkers.ts"

const workers = countWorkers()

it("on a page that is isolated from other origins, threads run and the laws hold", async () => {
  expect(globalThis.crossOriginIsolated).toBe(true)
  const tensorCount = () => tf.memory().numTensors
  const reports = await Effect.runPromise(
    runBackendLaws({
      name: "onnx-web",
      layer: onnxWebWith({ threads: 2 }),
      reference: cpu,
      tensorCount,
    }),
  )
  expect(reports.filter(({ ok }) => !ok)).toEqual([])
  expect(workers()).toBe(1)
})
