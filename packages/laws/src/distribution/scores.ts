import type { HostTensor } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Input } from "../judge/Judge.ts"
import type { DistributionProgram } from "./DistributionSubject.ts"

/** Noise as a program takes it. */
export const noiseInput = ({ values, shape, dtype }: HostTensor): Input => ({
  values,
  shape,
  dtype,
})

/** Draws and their scores, from noise. */
export const drawsAndScores: DistributionProgram = (distribution, noise) => [
  ...distribution.sampleAndLogProbFrom(noise),
]

/** The log density and its slope. */
export const scoresAndSlopes: DistributionProgram = (distribution, x) => [
  distribution.logProb(x),
  tf.grad((t: tf.Tensor) => tf.add(tf.sum(distribution.logProb(t)), tf.mul(0, tf.sum(t))))(x),
]
