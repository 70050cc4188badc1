import * as Plot from "@observablehq/plot"
import { binCount, binValues } from "./internal/bins.ts"
import { chart } from "./internal/chart.ts"
import { checkFinite, checkLength, checkSame } from "./internal/check.ts"
import { extent, pad } from "./internal/extent.ts"
import type { LegendEntry } from "./internal/legendRow.ts"
import { axis, type PageText } from "./internal/page.ts"
import { theme } from "./internal/theme.ts"

/**
 * What `histogramPlot` draws.
 *
 * **Details**
 *
 * - `values`: the data; `density`: the model's density along `x`, `exp(logProb)`
 * - `labels.density`: the y axis', with its unit; else `density`
 * - `names`: how the legend calls the two; else `data` and `model`
 * - `bins`: how many; else by the rule of Freedman and Diaconis, 10 to 100
 * - `width`: in pixels; else 760
 *
 * @category models
 * @since 0.1.0
 */
export interface HistogramPlotOptions extends PageText {
  readonly values: ArrayLike<number>
  readonly density?: { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> } | undefined
  readonly labels: { readonly x: string; readonly density?: string | undefined }
  readonly names?: { readonly data: string; readonly model: string } | undefined
  readonly bins?: number | undefined
  readonly width?: number | undefined
}

/**
 * Draws a histogram of one variable, scaled to integrate to one, with a density curve over it; returns SVG.
 *
 * **Details**
 *
 * - Shapes: `values: [n]`, `density.x` and `density.y: [m]`
 * - Throws: `RangeError` for empty or not finite input, or lengths that differ
 *
 * **Example** (Three values)
 *
 * ```ts
 * import { histogramPlot } from "@pushforward/plot"
 *
 * histogramPlot({ title: "Waiting times", labels: { x: "minutes" }, values: [1, 2, 4] }).length > 0 // => true
 * ```
 *
 * @category plots
 * @since 0.1.0
 */
export const histogramPlot = (options: HistogramPlotOptions): string => {
  const { density, labels, names = { data: "data", model: "model" }, values } = options
  const where = "histogramPlot"
  checkLength(where, "values", values.length, 1)
  checkFinite(where, "values", values)
  if (density !== undefined) {
    checkLength(where, "density.x", density.x.length, 2)
    checkSame(where, "density.x", "density.y", density.x.length, density.y.length)
    checkFinite(where, "density.x", density.x)
    checkFinite(where, "density.y", density.y)
  }
  const range = extent(values)
  const { edges, heights } = binValues(values, range, options.bins ?? binCount(values, range))
  const legend: Array<LegendEntry> = [{ name: names.data, color: theme.data, mark: "box" }]
  if (density !== undefined) legend.push({ name: names.model, color: theme.model, mark: "line" })
  return chart(options, {
    legend,
    x: {
      domain: density === undefined ? pad(range, 0.03) : extent(values, density.x),
      ...axis(labels.x, 8),
    },
    y: {
      domain: [0, Math.max(...heights, density === undefined ? 0 : extent(density.y)[1]) * 1.05],
      grid: true,
      ...axis(labels.density ?? "density", 6),
    },
    marks: [
      Plot.rect(heights, {
        x1: (_: number, i: number) => edges[i]!,
        x2: (_: number, i: number) => edges[i + 1]!,
        y1: 0,
        y2: Plot.identity,
        fill: theme.data,
        fillOpacity: 0.55,
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      ...(density === undefined
        ? []
        : [
            Plot.line(
              Array.from(density.x, (x, i): [number, number] => [x, density.y[i]!]),
              { stroke: theme.model, strokeWidth: 2.25, strokeLinejoin: "round" },
            ),
          ]),
      Plot.ruleY([0], { stroke: theme.ink }),
    ],
  })
}
