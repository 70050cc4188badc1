import * as Plot from "@observablehq/plot"
import { chart, lineLegend } from "./internal/chart.ts"
import { checkFinite, checkLength, checkSame } from "./internal/check.ts"
import { extent, pad } from "./internal/extent.ts"
import { axis, type PageText } from "./internal/page.ts"
import { seriesColor, theme } from "./internal/theme.ts"

/**
 * One line of a `curvePlot`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Curve {
  readonly name: string
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
}

/**
 * What `curvePlot` draws. `scale` is that of the y axis, else `linear`; `width` in pixels, else 760.
 *
 * @category models
 * @since 0.1.0
 */
export interface CurvePlotOptions extends PageText {
  readonly series: ReadonlyArray<Curve>
  readonly labels: { readonly x: string; readonly y: string }
  readonly scale?: "linear" | "log" | undefined
  readonly width?: number | undefined
}

/**
 * Draws lines with a legend, such as training and validation loss; returns SVG.
 *
 * **Details**
 *
 * - Shapes: per series `x: [n]`, `y: [n]`; a series of one point is drawn as a dot
 * - Throws: `RangeError` for no series, an empty one, not finite numbers, or numbers not above 0 on a log scale
 *
 * **Example** (Two losses)
 *
 * ```ts
 * import { curvePlot } from "@pushforward/plot"
 *
 * const svg = curvePlot({
 *   title: "Training",
 *   labels: { x: "epoch", y: "negative log-likelihood (nats)" },
 *   series: [
 *     { name: "train", x: [1, 2, 3], y: [3, 2, 1.5] },
 *     { name: "validation", x: [1, 2, 3], y: [3.1, 2.2, 1.9] }
 *   ]
 * })
 * svg.includes("validation") // => true
 * ```
 *
 * @category plots
 * @since 0.1.0
 */
export const curvePlot = (options: CurvePlotOptions): string => {
  const { labels, scale = "linear", series } = options
  const where = "curvePlot"
  checkLength(where, "series", series.length, 1)
  for (const { name, x, y } of series) {
    checkLength(where, `series "${name}"`, x.length, 1)
    checkSame(where, `x of "${name}"`, `y of "${name}"`, x.length, y.length)
    checkFinite(where, `x of "${name}"`, x)
    checkFinite(where, `y of "${name}"`, y)
    if (scale === "log" && extent(y)[0] <= 0)
      throw new RangeError(
        `${where}: y of "${name}" goes down to ${extent(y)[0]}; expected numbers above 0 on a log scale. Use scale: "linear".`,
      )
  }
  const spread = extent(...series.map((curve) => curve.y))
  return chart(options, {
    legend: lineLegend(series),
    x: { domain: extent(...series.map((curve) => curve.x)), ...axis(labels.x, 8) },
    y: {
      type: scale,
      domain: scale === "log" ? spread : pad(spread, 0.05),
      grid: true,
      ...axis(labels.y, 6),
    },
    marks: [
      Plot.frame({ stroke: theme.faint }),
      ...series.map((curve, i) => {
        const dots = Array.from(curve.x, (x, k): [number, number] => [x, curve.y[k]!])
        return dots.length === 1
          ? Plot.dot(dots, { fill: seriesColor(i), r: 3 })
          : Plot.line(dots, { stroke: seriesColor(i), strokeWidth: 2, strokeLinejoin: "round" })
      }),
    ],
  })
}
