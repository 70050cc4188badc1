/**
 * Where the time of a training step goes, by ONNX Runtime's profiler, and the time that its products take at least.
 */
import { onnx } from "@pushforward/backend-onnx"
import { Effect, Stream } from "effect"
import { fit } from "../fit.ts"
import { median } from "../median.ts"
import { served } from "../serve.ts"
import { flopsOf, plainProduct, productSize, type ProductSize } from "./products.ts"
import { type KernelRun, profiled } from "./profiled.ts"

/** Kernels of one kind in one step. */
export interface Kernels {
  readonly count: number
  readonly microseconds: number
}

export interface Profile {
  readonly byOperation: Readonly<Record<string, Kernels>>
  readonly products: ReadonlyArray<
    Kernels & {
      readonly size: ProductSize
      readonly flops: number
      /** A plain product of the same size, as many times. */
      readonly plainMicroseconds: number
    }
  >
}

const configuration = served()
const epochs = 2
const sessions = await profiled(() =>
  Effect.runPromise(Stream.runDrain(fit(configuration, epochs)).pipe(Effect.provide(onnx))),
)
// The training session runs more kernels than the others. A loop around them is a kernel too.
const training = sessions.toSorted((a, b) => b.length - a.length)[0]!
const kernels = training.filter(({ op }) => op !== "Loop")
const steps = epochs * configuration.steps

/** The kernels of a step by what `keyOf` says, the slowest kind first. A node takes its median: some runs are held up. */
const grouped = (keyOf: (run: KernelRun) => string | undefined) =>
  [...Map.groupBy(kernels, keyOf)]
    .flatMap(([key, group]) => {
      if (key === undefined) return []
      let microseconds = 0
      for (const runsOfNode of Map.groupBy(group, ({ node }) => node).values()) {
        const typical = median(runsOfNode.map((run) => run.microseconds))
        microseconds += (typical * runsOfNode.length) / steps
      }
      return [[key, { count: group.length / steps, microseconds }] as const]
    })
    .toSorted(([, a], [, b]) => b.microseconds - a.microseconds)

const products = []
for (const [key, { count, microseconds }] of grouped((run) => productSize(run)?.join())) {
  const size = key.split(",").map(Number) as unknown as ProductSize
  const plainMicroseconds = count * (await plainProduct(size))
  products.push({ size, count, microseconds, flops: count * flopsOf(size), plainMicroseconds })
}
const profile: Profile = { byOperation: Object.fromEntries(grouped(({ op }) => op)), products }
console.log(JSON.stringify(profile))
