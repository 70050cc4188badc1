import { cpu } from "@pushforward/backend-cpu"
import { runBackendLaws } from "@pushforward/laws"
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { onnx, onnxWeb, onnxWith } from "../src/index.ts"

const layers = {
  onnx,
  "onnx, two threads": onnxWith({ threads: 2 }),
  "onnx-web": onnxWeb,
}

describe.each(Object.entries(layers))("%s", (name, layer) => {
  it("obeys the laws of backends", async () => {
    const tensorCount = () => tf.memory().numTensors
    const reports = await Effect.runPromise(
      runBackendLaws({ name, layer, reference: cpu, tensorCount }),
    )
    expect(reports.filter(({ ok }) => !ok)).toEqual([])
  })
})
