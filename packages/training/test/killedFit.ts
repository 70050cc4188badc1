/**
 * A fit in a process of its own, for tests that kill it: saves a checkpoint at every snapshot, prints each step, at last a
 * check of the parameters.
 *
 *   node --conditions=@pushforward/source killedFit.ts <folder>
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { onnx } from "@pushforward/backend-onnx"
import { batchNorm, trainableAffine } from "@pushforward/bijectors"
import { chain, flattenParams, makeKey, normalValues } from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import { Effect, Stream } from "effect"
import { checkpointFolder, fitEvents, type Rows } from "../src/index.ts"

const normalRows = (seed: number, n: number): Rows => ({
  shape: [n, 2],
  dtype: "float32",
  values: normalValues(makeKey(seed), 2 * n).map((z, i) => (i % 2 === 0 ? 1 + 0.5 * z : 3 * z)),
})

const density = transformed(standardNormal([2]), chain(trainableAffine([2]), batchNorm([2])))

const program = Effect.gen(function* () {
  const checkpoints = yield* checkpointFolder(process.argv[2]!, { everySeconds: 0 })
  yield* Stream.runForEach(
    fitEvents(
      density,
      { train: normalRows(1, 5000), validation: normalRows(2, 500) },
      { batchSize: 20, epochs: 16, patience: 16, seed: 4, checkpoints },
    ),
    (event) =>
      Effect.sync(() => {
        if (event._tag === "Started" || event._tag === "Progress") console.log(`step ${event.step}`)
        if (event._tag !== "Done") return
        const values = flattenParams(event.params, "trainable")
        const state = flattenParams(event.params, "state")
        const bits = Array.from([...values, ...state], (value) => value.toPrecision(17))
        console.log(`done ${event.bestEpoch} ${event.validationLogLikelihood} ${bits.join(" ")}`)
      }),
  )
})

await Effect.runPromise(Effect.provide(program, [onnx, NodeServices.layer]))
