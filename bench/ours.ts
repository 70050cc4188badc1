/**
 * Our own backends, through the public interface.
 */
import {
  Backend,
  type BackendError,
  chain,
  instantiate,
  makeKey,
  type ParametricBijector,
} from "@pushforward/core"
import { batchNorm, reverse } from "@pushforward/bijectors"
import { standardNormal, transformed } from "@pushforward/distributions"
import { maskedAutoregressive } from "@pushforward/flows-maf-iaf"
import { fitEvents, type Rows } from "@pushforward/training"
import { normalValues } from "@pushforward/core"
import { Effect, Exit, type Layer, ManagedRuntime, Scope, Stream } from "effect"
import type { Configuration } from "./configurations.ts"
import type { Engine, Prepared } from "./Engine.ts"

const seed = 0

const flowOf = ({
  size,
  layers,
  hidden,
  batchNorm: normalised,
}: Configuration): ParametricBijector =>
  chain(
    ...Array.from({ length: layers }, (_, i) => [
      ...(i === 0 ? [] : [reverse()]),
      maskedAutoregressive({ size, hidden, activation: "tanh" }),
      ...(normalised ? [batchNorm([size])] : []),
    ]).flat(),
  )

const normalRows = (count: number, size: number): Rows => ({
  shape: [count, size],
  dtype: "float32",
  values: normalValues(makeKey(seed), count * size),
})

const seconds = async (run: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await run()
  return (performance.now() - started) / 1000
}

const prepare = async (
  layer: Layer.Layer<Backend, BackendError>,
  configuration: Configuration,
): Promise<Prepared> => {
  const { size, batch, steps, rows } = configuration
  const runtime = ManagedRuntime.make(layer)
  const scope = Scope.makeUnsafe()
  const density = transformed(standardNormal([size]), flowOf(configuration))
  const params = density.init(makeKey(seed))
  const compile = (f: "logProb" | "sampleFrom") =>
    runtime.runPromise(
      Effect.flatMap(Backend, (backend) =>
        backend.compile(
          ([x]) => [instantiate(density, params)[f](x!)],
          [{ shape: [null, size], dtype: "float32" }],
        ),
      ).pipe(Scope.provide(scope)),
    )
  const [score, sample] = [await compile("logProb"), await compile("sampleFrom")]
  const table = normalRows(rows, size)
  const train = async (): Promise<number> => {
    const events = await runtime.runPromise(
      Stream.runCollect(
        fitEvents(
          density,
          { train: normalRows(batch * steps, size), validation: normalRows(10, size) },
          { seed, batchSize: batch, epochs: 2 },
        ),
      ),
    )
    // Progress after the first is free of warming up; `rowsPerSecond` covers the steps alone.
    const speeds = events
      .flatMap((event) => (event._tag === "Progress" ? [event.rowsPerSecond] : []))
      .slice(1)
      .toSorted((a, b) => a - b)
    return batch / speeds[Math.floor(speeds.length / 2)]!
  }
  return {
    time: (program) =>
      program === "train"
        ? train()
        : seconds(() => runtime.runPromise((program === "logProb" ? score : sample).run([table]))),
    stop: async () => {
      await runtime.runPromise(Scope.close(scope, Exit.void))
      await runtime.dispose()
    },
  }
}

/** One of our backends as an engine of the benchmark. */
export const ours = (
  name: string,
  layer: Layer.Layer<Backend, BackendError>,
  skips: Engine["skips"] = () => undefined,
): Engine => ({ name, skips, prepare: (configuration) => prepare(layer, configuration) })
