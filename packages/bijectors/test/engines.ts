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

/** Checks numbers against golden ones, to `tolerance` relative to `1 + |golden|`, or to `|golden|` if `relative`. */
export const expectNear = (
  got: tf.Tensor,
  golden: ReadonlyArray<number>,
  options: {
    readonly tolerance?: number
    readonly relative?: boolean
    /** A factor on the tolerance of element `i`, for ill-conditioned ones. */
    readonly weight?: (i: number) => number
  } = {},
): void => {
  const { tolerance = 1e-6, relative = false, weight = () => 1 } = options
  const values = read(got)
  expect(values.length).toBe(golden.length)
  golden.forEach((want, i) => {
    const scale = (relative ? Math.abs(want) : 1 + Math.abs(want)) * weight(i)
    const off = Math.abs(values[i]! - want)
    // The smallest float32 numbers have few digits.
    expect(off, `element ${i}: got ${values[i]}, expected ${want}`).toBeLessThanOrEqual(
      tolerance * scale + 1e-38,
    )
  })
}
