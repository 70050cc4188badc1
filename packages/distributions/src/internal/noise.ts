import { foldKey, normalValues, sizeOf, type Shape, uniformValues } from "@pushforward/core"
import type { DistributionSignature } from "../Distribution.ts"

type Noise = DistributionSignature["noise"]

/** Standard normal numbers, one event per draw. */
export const normalNoise =
  (eventShape: Shape): Noise =>
  (key, batch) => {
    const shape = [...batch, ...eventShape]
    return { shape, dtype: "float32", values: normalValues(key, sizeOf(shape)) }
  }

/** Uniform numbers between 0 and 1, one event per draw. */
export const uniformNoise =
  (eventShape: Shape): Noise =>
  (key, batch) => {
    const shape = [...batch, ...eventShape]
    return { shape, dtype: "float32", values: uniformValues(key, sizeOf(shape)) }
  }

/** A uniform number, by which to choose, and standard normal ones: `[...batch, 1 + d]`. */
export const choiceAndNormalNoise =
  (d: number): Noise =>
  (key, batch) => {
    const draws = sizeOf(batch)
    const choices = uniformValues(foldKey(key, "choice"), draws)
    const places = normalValues(foldKey(key, "place"), draws * d)
    const values = new Float32Array(draws * (1 + d))
    for (let i = 0; i < draws; i++) {
      values[i * (1 + d)] = choices[i]!
      values.set(places.subarray(i * d, (i + 1) * d), i * (1 + d) + 1)
    }
    return { shape: [...batch, 1 + d], dtype: "float32", values }
  }
