import type { Bounds } from "@pushforward/core"

/** Points with weights on a line: `∫ f ≈ Σ wᵢ f(xᵢ)`. */
export interface Rule {
  readonly points: Float64Array
  readonly weights: Float64Array
}

/** The trapezoid rule after the substitution `x = map(t)`, `t` from `-reach` to `reach`. */
const substituted = (
  count: number,
  reach: number,
  map: (t: number) => readonly [x: number, slope: number],
  { low, high }: Pick<Bounds, "low" | "high">,
): Rule => {
  const step = (2 * reach) / (count - 1)
  const points = new Float64Array(count)
  const weights = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const [x, slope] = map(-reach + i * step)
    // float32 is what the density will see.
    points[i] = Math.fround(x)
    weights[i] = points[i] === low || points[i] === high ? 0 : slope * step
  }
  return { points, weights }
}

/**
 * A rule for a density whose bulk is at `centre ± scale`, on the line between `bounds`: the trapezoid rule converges
 * geometrically after a substitution that flattens the ends.
 *
 * - both ends finite: `x = m + h tanh(π/2 sinh t)` (tanh-sinh; Takahasi and Mori 1974)
 * - one end finite: `x = a + scale exp(t)`
 * - neither: `x = centre + scale sinh t`
 */
export const ruleFor = (
  bounds: Pick<Bounds, "low" | "high">,
  centre: number,
  scale: number,
  count: number,
): Rule => {
  const { low, high } = bounds
  if (Number.isFinite(low) && Number.isFinite(high)) {
    const half = (high - low) / 2
    return substituted(
      count,
      2.6,
      (t) => {
        const u = (Math.PI / 2) * Math.sinh(t)
        return [
          low + half + half * Math.tanh(u),
          (half * (Math.PI / 2) * Math.cosh(t)) / Math.cosh(u) ** 2,
        ]
      },
      bounds,
    )
  }
  if (Number.isFinite(low) || Number.isFinite(high)) {
    const [end, inward] = Number.isFinite(low) ? [low, 1] : [high, -1]
    return substituted(
      count,
      14,
      (t) => {
        const distance = Math.abs(centre - end) * Math.exp(t)
        return [end + inward * distance, distance]
      },
      bounds,
    )
  }
  // sinh 5 = 74 scales on either side.
  return substituted(count, 5, (t) => [centre + scale * Math.sinh(t), scale * Math.cosh(t)], bounds)
}
