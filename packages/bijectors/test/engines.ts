import "@pushforward/backend-cpu"
import "@pushforward/backend-wasm"
import { registerGradients } from "@pushforward/core/gradients"
import * as tf from "@tensorflow/tfjs-core"
import { afterEach, beforeAll, beforeEach, describe, expect } from "vitest"

/** Runs a suite on both engines; every test must leave as many tensors as it found. */
export const onEachEngine = (name: string, suite: () => void): void => {
  for (const engine of ["cpu", "wasm"]) {
    describe(`${name} (${engine})`, () => {
      let before = 0
      beforeAll(async () => {
        registerGradients()
        await tf.setBackend(engine)
        await tf.ready()
      })
      beforeEach(() => {
        tf.engine().startScope()
        before = tf.memory().numTensors
      })
      afterEach(() => {
        tf.engine().endScope()
        expect(tf.memory().numTensors).toBe(before)
      })
      suite()
    })
  }
}

/** The numbers of a tensor. */
export const read = (t: tf.Tensor): ReadonlyArray<number> => Array.from(t.dataSync())
