/**
 * A learning rate for each step: `step` counts from 0 to `steps − 1`; `validations` are the log-likelihoods of the
 * validation rows after each epoch so far.
 */
export type Schedule = (step: number, steps: number, validations?: ReadonlyArray<number>) => number

/** The same rate throughout. */
export const constant =
  (rate: number): Schedule =>
  () =>
    rate

/**
 * Rises linearly to another schedule's rate over the first `share` of the steps.
 *
 * - `η(t) = (t + 1)/w · η₀(t)` for the first `w` steps
 *
 * ```ts
 * import { constant, warmUp } from "@pushforward/training"
 *
 * warmUp(constant(1), 0.1)(4, 100) // => 0.5
 * ```
 */
export const warmUp =
  (schedule: Schedule, share = 0.02): Schedule =>
  (step, steps, validations) => {
    const warm = Math.floor(share * steps)
    const rate = schedule(step, steps, validations)
    return step < warm ? (rate * (step + 1)) / warm : rate
  }

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
  (rate: number, { warmUp: share = 0.02 } = {}): Schedule =>
  (step, steps) => {
    const warm = Math.floor(share * steps)
    if (step < warm) return (rate * (step + 1)) / warm
    return 0.5 * rate * (1 + Math.cos((Math.PI * (step - warm)) / Math.max(1, steps - warm)))
  }

/**
 * Falls by `factor` whenever `patience` epochs have passed without a better validation log-likelihood since the last fall
 * or the last best.
 *
 * ```ts
 * import { plateau } from "@pushforward/training"
 *
 * plateau(1, { patience: 2 })(30, 100, [-3, -2, -2.5, -2.1]) // => 0.5
 * ```
 */
export const plateau =
  (rate: number, { factor = 0.5, patience = 5 } = {}): Schedule =>
  (_, __, validations = []) => {
    let [current, best, waited] = [rate, -Infinity, 0]
    for (const score of validations) {
      waited = score > best ? 0 : waited + 1
      best = Math.max(best, score)
      if (waited < patience) continue
      current *= factor
      waited = 0
    }
    return current
  }
