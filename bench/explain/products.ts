/**
 * Matrix products: how many operations they are, and how fast ONNX Runtime does a plain one of the same size.
 */
import { onnx } from "@pushforward/backend-onnx"
import { Backend, makeKey, normalValues, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import { type KernelRun, profiled } from "./profiled.ts"

/** `[batch, m, k] · [batch, k, n]`. */
export type ProductSize = readonly [batch: number, m: number, k: number, n: number]

/** The size of the product that a kernel computes, if it does. Its factors may be transposed. */
export const productSize = ({ op, inputs, outputs }: KernelRun): ProductSize | undefined => {
  if (!/MatMul|Gemm/.test(op)) return undefined
  const [a, b] = inputs.map(sizeOf) as [number, number]
  const [m, n] = outputs[0]!.slice(-2) as [number, number]
  const batch = sizeOf(outputs[0]!.slice(0, -2))
  return [batch, m, Math.round(Math.sqrt((a * b) / (batch * batch * m * n))), n]
}

export const flopsOf = (size: ProductSize): number => 2 * sizeOf(size)

const repeats = 100

/** The microseconds of one plain product: the least of many, for a floor. */
export const plainProduct = async ([batch, m, k, n]: ProductSize): Promise<number> => {
  const factor = (...shape: ReadonlyArray<number>) => ({
    shape,
    dtype: "float32" as const,
    values: normalValues(makeKey(0), sizeOf(shape)),
  })
  const factors =
    batch > 1 ? [factor(batch, m, k), factor(batch, k, n)] : [factor(m, k), factor(k, n)]
  const [runs] = await profiled(() =>
    Effect.gen(function* () {
      const backend = yield* Backend
      const product = yield* backend.compile(([a, b]) => [tf.matMul(a!, b!)], factors)
      for (let repeat = 0; repeat < repeats; repeat++) yield* product.run(factors)
    }).pipe(Effect.scoped, Effect.provide(onnx), Effect.runPromise),
  )
  return Math.min(...runs!.filter(productSize).map(({ microseconds }) => microseconds))
}
