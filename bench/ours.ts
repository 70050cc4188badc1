/**
 * Our own backends, through the public interface: an engine by the protocol of `serve.ts`.
 */
import { Backend, instantiate, makeKey } from "@pushforward/core"
import { Effect, ManagedRuntime, Scope, Stream } from "effect"
import { backends } from "./backends.ts"
import { densityOf } from "./densityOf.ts"
import type { Timing } from "./Engine.ts"
import { fit, normalRows } from "./fit.ts"
import { seed } from "./seed.ts"
import { between, now, type Seconds, secondsOf } from "./Seconds.ts"
import { serve, served } from "./serve.ts"

const configuration = served()
const { size, steps, rows, backend } = configuration
const runtime = ManagedRuntime.make(await backends[backend as keyof typeof backends]())

/** An epoch to warm up, and one that is timed from end to end, as the peers' are. */
const train = async (): Promise<Timing> => {
  const epochs: Array<{ readonly end: Seconds; readonly logLikelihood: number }> = []
  await runtime.runPromise(
    Stream.runForEach(fit(configuration, 2), (event) =>
      Effect.sync(() => {
        if (event._tag === "EpochDone") {
          epochs.push({ end: now(), logLikelihood: event.trainLogLikelihood })
        }
      }),
    ),
  )
  const [first, second] = epochs
  return {
    ...between(first!.end, second!.end, steps),
    logLikelihood: second!.logLikelihood,
  }
}

/** One of the density's functions on the table of rows; compiled by its first call, which warms up. */
const timed = (f: "logProb" | "sampleFrom") => {
  const density = densityOf(configuration)
  const params = density.init(makeKey(seed))
  const table = normalRows(rows, size)
  const compile = () =>
    runtime.runPromise(
      Effect.flatMap(Backend, (engine) =>
        engine.compile(
          ([x]) => [instantiate(density, params)[f](x!)],
          [{ shape: [null, size], dtype: "float32" }],
        ),
      ).pipe(Scope.provide(Scope.makeUnsafe())),
    )
  let compiled: ReturnType<typeof compile> | undefined
  return async (): Promise<Timing> => {
    compiled ??= compile()
    const { run } = await compiled
    return secondsOf(() => runtime.runPromise(run([table])))
  }
}

await serve(["onnxruntime-node", "@tensorflow/tfjs-core"], {
  train,
  logProb: timed("logProb"),
  sample: timed("sampleFrom"),
})
await runtime.dispose()
