import { makeKey, normalValues } from "@pushforward/core"
import { fitEvents, type Rows } from "@pushforward/training"
import type { Configuration } from "./configurations.ts"
import { densityOf } from "./densityOf.ts"
import { seed } from "./seed.ts"

/** Rows of a standard normal: what every engine trains on. */
export const normalRows = (count: number, size: number): Rows => ({
  shape: [count, size],
  dtype: "float32",
  values: normalValues(makeKey(seed), count * size),
})

/** A fit of a configuration from its spec on: `epochs` epochs of its `steps` steps, as a stream of events. */
export const fit = (configuration: Configuration, epochs: number) => {
  const { size, batch, steps } = configuration
  return fitEvents(
    densityOf(configuration),
    { train: normalRows(batch * steps, size), validation: normalRows(10, size) },
    { seed, batchSize: batch, epochs },
  )
}
