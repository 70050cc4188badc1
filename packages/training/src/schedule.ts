/** A learning rate for each step: `step` counts from 0 to `steps − 1`. */
export type Schedule = (step: number, steps: number) => number

/** The same rate throughout. */
export const constant =
  (rate: number): Schedule =>
  () =>
    rate

/**
 * Falls from `rate` to nothing along half a cosine, after a linear warm-up over the first `warmUp` share of the steps.
 *
 * - `η(t) = ½ rate (1 + cos(π t))`, `t` from 0 to 1 after the warm-up
 * - Source: Loshchilov and Hutter, "SGDR", arXiv:1608.03983, eq. 5, without restarts
 *
 * ```ts
 * import { cosine } from "@pushforward/training"
 *
 * cosine(1, { warmUp: 0 })(50, 100) // => 0.5
 * ```
 */
export const cosine =
  (rate: number, { warmUp = 0.02 } = {}): Schedule =>
  (step, steps) => {
    const warm = Math.floor(warmUp * steps)
    if (step < warm) return (rate * (step + 1)) / warm
    return 0.5 * rate * (1 + Math.cos((Math.PI * (step - warm)) / Math.max(1, steps - warm)))
  }
