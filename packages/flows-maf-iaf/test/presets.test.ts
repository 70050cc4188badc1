import "@tensorflow/tfjs-backend-cpu"
import { countParams, instantiate, makeKey } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { expect, it } from "vitest"
import { iafGuide, maf5, maf10, mafMog5 } from "../src/index.ts"

it.each([
  // A network over d = 3 with widths 4, 4 has 12 + 16 + 24 weights and 4 + 4 + 6 biases; batch normalisation has 2 d numbers.
  ["maf5", maf5, 5 * (66 + 6)],
  ["maf10", maf10, 10 * (66 + 6)],
  // The base has 30 outputs a dimension: 12 + 16 + 360 weights and 4 + 4 + 90 biases.
  ["mafMog5", mafMog5, 5 * (66 + 6) + 486],
  ["iafGuide", iafGuide, 2 * 66],
])("%s has the parameters of its recipe, and scores what it draws", (_, preset, parameters) => {
  const recipe = preset({ size: 3, hidden: [4, 4] })
  const params = recipe.init(makeKey(0))
  expect(countParams(params, "trainable")).toBe(parameters)
  tf.tidy(() => {
    const density = instantiate(recipe, params)
    const [x, logProb] = density.sampleAndLogProb(makeKey(1), [6])
    expect(x.shape).toEqual([6, 3])
    const again = density.logProb(x).dataSync()
    logProb.dataSync().forEach((value, i) => expect(value).toBeCloseTo(again[i]!, 3))
  })
})
