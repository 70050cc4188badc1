/**
 * A variational fit in a process of its own, for tests that kill it: saves a checkpoint at every snapshot, prints each step,
 * at last a check of the parameters.
 *
 *   node --conditions=@pushforward/source killedVariational.ts <folder>
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { onnx } from "@pushforward/backend-onnx"
import { constraints, flattenParams } from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import { iaf } from "@pushforward/flows-maf-iaf"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Stream } from "effect"
import { checkpointFolder, type Posterior, variationalEvents } from "../src/index.ts"

/** A banana: the second number is normal about the square of the first. */
const banana: Posterior = {
  parameters: { x: constraints.real, y: constraints.real },
  logDensity: ({ x, y }) =>
    tf.mul(-0.5, tf.add(tf.square(x!), tf.square(tf.sub(y!, tf.square(x!))))),
}
const guide = transformed(standardNormal([2]), iaf({ size: 2, layers: 2, hidden: [16] }))

const program = Effect.gen(function* () {
  const checkpoints = yield* checkpointFolder(process.argv[2]!, { everySeconds: 0 })
  yield* Stream.runForEach(
    variationalEvents(banana, guide, { steps: 4000, seed: 4, checkDraws: 500, checkpoints }),
    (event) =>
      Effect.sync(() => {
        if (event._tag === "Located" || event._tag === "Progress") console.log(`step ${event.step}`)
        if (event._tag !== "Done") return
        const bits = Array.from(flattenParams(event.params, "trainable"), (value) =>
          value.toPrecision(17),
        )
        console.log(`done ${event.elbo} ${event.kHat} ${event.efficiency} ${bits.join(" ")}`)
      }),
  )
})

await Effect.runPromise(Effect.provide(program, [onnx, NodeServices.layer]))
