/**
 * Slopes against finite differences along a random line.
 */
import { type Bounds, foldKey, makeKey, uniformValues } from "@pushforward/core"
import type { Judge } from "../judge/Judge.ts"
import type { Measurement } from "../Law.ts"
import { digits, inconclusive } from "./compare.ts"

/** Fixed random numbers between −1 and 1. */
export const signs = (seed: number, name: string, count: number): Float64Array =>
  Float64Array.from(uniformValues(foldKey(makeKey(seed), name), count), (u) => 2 * u - 1)

/** A step that shrinks towards a bound, where slopes change over shorter distances. */
export const towardsBounds = (
  { low, high }: Pick<Bounds, "low" | "high">,
  at: Float64Array,
  step: Float64Array,
): Float64Array => step.map((u, i) => u * Math.min(1, 0.5 * (at[i]! - low), 0.5 * (high - at[i]!)))

/** The slope along `step`, and the sum of its terms' sizes. */
export const along = (gradient: Float64Array, step: Float64Array): readonly [number, number] => [
  gradient.reduce((sum, g, i) => sum + g * step[i]!, 0),
  gradient.reduce((sum, g, i) => sum + Math.abs(g * step[i]!), 0),
]

/**
 * A slope against central differences of two widths. The tolerance is the judge's share of the magnitude, plus what the
 * differences themselves say about curvature and kinks (as of a ReLU): four times what halving the width changes, and
 * by how much second differences grow otherwise than with the square of the width.
 */
export const compareSlope = (
  { differences: { step: h, tolerance } }: Judge,
  what: string,
  slope: number,
  size: number,
  valueAt: (step: number) => number,
): Measurement => {
  if (!Number.isFinite(slope)) {
    return { measured: Number.NaN, tolerance: 0, detail: `${what}: the gradient is ${slope}` }
  }
  const [before, near, here, past, after] = [-2 * h, -h, 0, h, 2 * h].map(valueAt) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const [wide, narrow] = [(after - before) / (4 * h), (past - near) / (2 * h)]
  if (!Number.isFinite(wide) || !Number.isFinite(narrow)) {
    return inconclusive("a step of the finite difference leaves the domain")
  }
  const kink = Math.abs(after - 2 * here + before - 4 * (past - 2 * here + near)) / h
  const bend = 4 * Math.abs(wide - narrow) + kink
  const magnitude = Math.max(1, Math.abs(slope), size)
  return bend > magnitude
    ? inconclusive("the function bends too much for finite differences")
    : {
        measured: Math.abs(narrow - slope),
        tolerance: tolerance * magnitude + bend,
        detail: `${what}: autodiff gives ${digits(slope, 12)}, finite differences ${digits(narrow, 12)}`,
      }
}
