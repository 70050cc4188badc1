/**
 * One training step on the eager backends, side by side: `pnpm bench`. Prints medians and the ratio to cpu.
 */
import { cpus } from "node:os"
import { cpu } from "@pushforward/backend-cpu"
import { wasm } from "@pushforward/backend-wasm"
import { batchNorm } from "@pushforward/bijectors"
import { chain, makeKey, normalValues, type ParametricBijector } from "@pushforward/core"
import { standardNormal, transformed } from "@pushforward/distributions"
import { maf, maskedAutoregressive } from "@pushforward/flows-maf-iaf"
import { fitEvents, type Rows } from "@pushforward/training"
import { Effect, Stream } from "effect"

const seed = 0
const steps = 20

const configurations: Readonly<
  Record<
    string,
    { readonly size: number; readonly batch: number; readonly flow: ParametricBijector }
  >
> = {
  "TOY: D 2, 5 x MADE(64, 64), batch 256": {
    size: 2,
    batch: 256,
    flow: maf({ size: 2, layers: 5, hidden: [64, 64] }),
  },
  "GAS: D 8, 10 x MADE(100, 100) with batch norm, batch 100": {
    size: 8,
    batch: 100,
    flow: chain(
      ...Array.from({ length: 10 }, (_, i) => [
        maskedAutoregressive({
          size: 8,
          hidden: [100, 100],
          order: i % 2 === 0 ? "natural" : "reversed",
        }),
        batchNorm([8]),
      ]).flat(),
    ),
  },
}

const normalRows = (count: number, size: number): Rows => ({
  shape: [count, size],
  dtype: "float32",
  values: normalValues(makeKey(seed), count * size),
})

/** Rows per second of each progress report after the first, which pays for warming up. */
const speeds = (
  { size, batch, flow }: (typeof configurations)[string],
  layer: typeof cpu,
): Promise<ReadonlyArray<number>> =>
  Effect.runPromise(
    fitEvents(
      transformed(standardNormal([size]), flow),
      { train: normalRows(batch * steps, size), validation: normalRows(10, size) },
      { seed, batchSize: batch, epochs: 3 },
    ).pipe(
      Stream.runCollect,
      Effect.provide(layer),
      Effect.map((events) =>
        events
          .flatMap((event) => (event._tag === "Progress" ? [event.rowsPerSecond] : []))
          .slice(1),
      ),
    ),
  )

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

console.log(
  `${cpus()[0]!.model}, Node ${process.version}, seed ${seed}; median ms per training step`,
)
for (const [name, configuration] of Object.entries(configurations)) {
  const perStep = async (layer: typeof cpu): Promise<number> =>
    (1000 * configuration.batch) / median(await speeds(configuration, layer))
  const [onCpu, onWasm] = [await perStep(cpu), await perStep(wasm)]
  console.log(
    `${name}: cpu ${onCpu.toFixed(1)}, wasm ${onWasm.toFixed(1)}, cpu/wasm ${(onCpu / onWasm).toFixed(1)}`,
  )
}
