import { normalValues, sizeOf, type Shape, uniformValues } from "@pushforward/core"
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
