import { checkFinite, checkLength } from "./internal/check.ts"
import type { PageText } from "./internal/page.ts"
import { type Curve, curvePlot } from "./curvePlot.ts"

/**
 * What `profilePlot` draws: curves in the unit square, and how the axes are called.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProfilePlotOptions extends PageText {
  readonly series: ReadonlyArray<Curve>
  readonly labels: { readonly x: string; readonly y: string }
  readonly width?: number | undefined
}

/**
 * Draws curves of shares with the diagonal of chance: a receiver operating characteristic, a cumulative accuracy profile,
 * observed against promised coverage, the distribution function of numbers that should be uniform; returns SVG.
 *
 * **Details**
 *
 * - Shapes: per series `x: [n]`, `y: [n]`
 * - Throws: `RangeError` for no series, or numbers outside 0 … 1
 *
 * **Example** (A cumulative accuracy profile)
 *
 * ```ts
 * import { profilePlot } from "@pushforward/plot"
 *
 * const svg = profilePlot({
 *   title: "Where the incidents are",
 *   labels: { x: "share of the area", y: "share of the incidents" },
 *   series: [{ name: "flow", x: [0, 0.1, 0.5, 1], y: [0, 0.6, 0.9, 1] }]
 * })
 * svg.includes("chance") // => true
 * ```
 *
 * @category plots
 * @since 0.1.0
 */
export const profilePlot = ({ series, ...options }: ProfilePlotOptions): string => {
  const where = "profilePlot"
  checkLength(where, "series", series.length, 1)
  for (const { name, x, y } of series) {
    for (const [axis, values] of [["x", x] as const, ["y", y] as const]) {
      checkFinite(where, `${axis} of "${name}"`, values)
      const outside = Array.from(values).find((value) => value < 0 || value > 1)
      if (outside !== undefined) {
        throw new RangeError(
          `${where}: ${axis} of "${name}" has ${outside}; expected shares from 0 to 1. Divide by the total.`,
        )
      }
    }
  }
  return curvePlot({ ...options, series: [...series, { name: "chance", x: [0, 1], y: [0, 1] }] })
}
