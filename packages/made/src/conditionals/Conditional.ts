import type { Constraint } from "@pushforward/core"
import type { Tensor } from "@tensorflow/tfjs-core"

/**
 * The distribution of one dimension given those before it, by numbers that a network gives.
 *
 * **Details**
 *
 * - `support`: of each dimension
 * - `outputs`: how many numbers the network gives for each dimension, `p`; `initial`: what it gives at first, default 0
 * - `features`: how many numbers the network takes for each dimension, `f`; `encode(x)`: `[...batch, d]` to
 *   `[...batch, f d]`. Default: the values themselves
 * - `logProb(x, raw)`: `x: [...batch, d]` and `raw: [...batch, p, d]` to `[...batch, d]`, in nats
 * - `noise`: the kinds of numbers that a draw takes; `sample(noise, raw)`: one tensor `[...batch, d]` of each, and
 *   `raw: [...batch, p, d]`, to draws `[...batch, d]`
 *
 * @category models
 */
export interface Conditional {
  readonly name: string
  readonly support: Constraint
  readonly outputs: number
  readonly initial?: ReadonlyArray<number>
  readonly features?: number
  readonly encode?: (x: Tensor) => Tensor
  readonly logProb: (x: Tensor, raw: Tensor) => Tensor
  readonly noise: ReadonlyArray<"normal" | "uniform">
  readonly sample: (noise: ReadonlyArray<Tensor>, raw: Tensor) => Tensor
}
