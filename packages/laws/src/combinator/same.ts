import type * as tf from "@tensorflow/tfjs-core"
import { compare, inconclusive, relative, worstOf } from "../internal/compare.ts"
import type { Measurement } from "../Law.ts"

type Pair = readonly [tf.Tensor, tf.Tensor]

/**
 * Two results of the same operations in another order: values and log-dets to 1e-5, a few float32 roundings. Where both
 * overflow there is nothing to compare.
 */
export const samePair = (what: string, got: Pair, expected: Pair): Measurement =>
  worstOf(
    ([0, 1] as const).map((k) => {
      const [a, b] = [got[k].dataSync<"float32">(), expected[k].dataSync<"float32">()]
      if (b.some((v) => !Number.isFinite(v))) return inconclusive("the composition overflows")
      return compare(a, b, relative(b, 1e-5), `${what}, ${k === 0 ? "value" : "log-det"}`)
    }),
  )
