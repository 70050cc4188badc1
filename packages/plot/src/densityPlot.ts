import * as Plot from "@observablehq/plot"
import { checkFinite, checkLength, checkSame } from "./internal/check.ts"
import { colorBar, makeLevel } from "./internal/colorScale.ts"
import { formatCount } from "./internal/format.ts"
import { axis, page, place, plotBase, type PageText } from "./internal/page.ts"
import { thin } from "./internal/thin.ts"

/**
 * A density on a regular grid: `values[j * x.length + i]` at `(x[i], y[j])`, so `y` is the slow axis.
 *
 * @category models
 * @since 0.1.0
 */
export interface DensityGrid {
  readonly x: Float64Array
  readonly y: Float64Array
  readonly values: Float64Array
}

/**
 * What `densityPlot` draws.
 *
 * **Details**
 *
 * - `points`: data drawn over the density, the same `maxPoints` (4000) evenly spread ones each time
 * - `labels.density`: the legend's, with its unit; else `density`
 * - `aspect`: `fill` (a square frame), `equal` (one unit is as long on both axes), `lonlat` (degrees, corrected by
 *   the cosine of the middle latitude); else `fill`
 * - `scale`: how density becomes colour: `log` shows a sharp peak and what is `decades` (3) powers of ten below it;
 *   `sqrt` and `linear` show less of the background; else `log`
 * - `scheme`: else `inferno`
 * - `width`: of the picture, in pixels; else 860
 *
 * @category models
 * @since 0.1.0
 */
export interface DensityPlotOptions extends PageText {
  readonly density: DensityGrid
  readonly points?: { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> } | undefined
  readonly labels: { readonly x: string; readonly y: string; readonly density?: string | undefined }
  readonly aspect?: "fill" | "equal" | "lonlat" | undefined
  readonly scale?: "linear" | "sqrt" | "log" | undefined
  readonly decades?: number | undefined
  readonly scheme?: "inferno" | "magma" | "viridis" | "plasma" | "cividis" | undefined
  readonly maxPoints?: number | undefined
  readonly width?: number | undefined
}

const where = "densityPlot"
const steps = 40

const checkAxis = (what: string, values: Float64Array): number => {
  checkLength(where, what, values.length, 2)
  checkFinite(where, what, values)
  const step = (values.at(-1)! - values[0]!) / (values.length - 1)
  for (let i = 1; i < values.length; i++)
    if (!(step > 0) || Math.abs(values[i]! - values[i - 1]! - step) > step * 1e-3)
      throw new RangeError(
        `${where}: ${what} goes from ${values[i - 1]} to ${values[i]} at position ${i}; ` +
          `expected equal steps upwards. Evaluate the density on a regular grid.`,
      )
  return step
}

/** The frame's size: as large as fits in `width` by `tallest`, in the ratio that `aspect` asks for. */
const frameSize = (
  aspect: "fill" | "equal" | "lonlat",
  [x1, x2]: readonly [number, number],
  [y1, y2]: readonly [number, number],
  width: number,
): readonly [number, number] => {
  if (aspect === "fill") return [width, Math.round(width * 0.8)]
  const squeeze = aspect === "lonlat" ? Math.cos(((y1 + y2) / 2) * (Math.PI / 180)) : 1
  const ratio = (y2 - y1) / ((x2 - x1) * squeeze)
  const tallest = width * 1.3
  return ratio * width <= tallest
    ? [width, Math.max(80, Math.round(ratio * width))]
    : [Math.max(80, Math.round(tallest / ratio)), Math.round(tallest)]
}

/**
 * Draws a density of two variables as a filled contour map with a colour legend, data points over it; returns SVG.
 *
 * **Details**
 *
 * - Shapes: `density.x: [n]`, `density.y: [m]`, `density.values: [m * n]`, `points.x` and `points.y: [k]`
 * - Units: `values` are densities, `exp(logProb)`, not logarithms
 * - Points outside the grid are not drawn
 * - Throws: `RangeError` for empty, not finite or negative input, grids that are not regular, lengths that differ
 *
 * **Example** (A round bump)
 *
 * ```ts
 * import { densityPlot } from "@pushforward/plot"
 *
 * const axis = Float64Array.from({ length: 41 }, (_, i) => (i - 20) / 5)
 * const values = Float64Array.from({ length: 41 * 41 }, (_, k) => {
 *   const [x, y] = [axis[k % 41]!, axis[Math.floor(k / 41)]!]
 *   return Math.exp(-(x * x + y * y) / 2) / (2 * Math.PI)
 * })
 * const svg = densityPlot({
 *   title: "Standard normal",
 *   labels: { x: "x", y: "y" },
 *   density: { x: axis, y: axis, values },
 *   aspect: "equal"
 * })
 * svg.startsWith("<svg") // => true
 * ```
 *
 * @category plots
 * @since 0.1.0
 */
export const densityPlot = (options: DensityPlotOptions): string => {
  const { density, labels, points } = options
  const { aspect = "fill", decades = 3, maxPoints = 4000, scale = "log", width = 860 } = options
  const dx = checkAxis("density.x", density.x)
  const dy = checkAxis("density.y", density.y)
  const size = density.x.length * density.y.length
  checkSame(where, "density.values", "the grid", density.values.length, size)
  checkFinite(where, "density.values", density.values)
  let max = 0
  for (const value of density.values) {
    if (value < 0)
      throw new RangeError(
        `${where}: density.values holds ${value}; expected densities, 0 or more. Pass exp(logProb), not logProb.`,
      )
    max = Math.max(max, value)
  }
  if (max === 0)
    throw new RangeError(
      `${where}: density.values is 0 everywhere; expected some mass on the grid. Choose a grid around the data.`,
    )
  const x: [number, number] = [density.x[0]!, density.x.at(-1)!]
  const y: [number, number] = [density.y[0]!, density.y.at(-1)!]
  const dots: Array<[number, number]> = []
  let total = 0
  if (points !== undefined) {
    checkSame(where, "points.x", "points.y", points.x.length, points.y.length)
    checkFinite(where, "points.x", points.x)
    checkFinite(where, "points.y", points.y)
    total = points.x.length
    const inside: Array<number> = []
    for (let i = 0; i < total; i++) {
      const [px, py] = [points.x[i]!, points.y[i]!]
      if (px >= x[0] && px <= x[1] && py >= y[0] && py <= y[1]) inside.push(i)
    }
    for (const k of thin(inside.length, maxPoints))
      dots.push([points.x[inside[k]!]!, points.y[inside[k]!]!])
  }

  const level = makeLevel(scale, max, decades)
  const left = 76
  const right = 112
  const bottom = 46
  const [frameWidth, frameHeight] = frameSize(aspect, x, y, width - left - right)
  const plot = Plot.plot({
    ...plotBase,
    width: frameWidth + left + right,
    height: frameHeight + bottom + 6,
    marginLeft: left,
    marginRight: right,
    marginTop: 6,
    marginBottom: bottom,
    x: { domain: x, ...axis(labels.x, Math.max(2, Math.round(frameWidth / 90))) },
    y: { domain: y, ...axis(labels.y, Math.max(2, Math.round(frameHeight / 70))) },
    color: { type: "linear", domain: [0, 1], scheme: options.scheme ?? "inferno" },
    marks: [
      Plot.contour(Float64Array.from(density.values, level.toUnit), {
        width: density.x.length,
        height: density.y.length,
        x1: x[0] - dx / 2,
        x2: x[1] + dx / 2,
        y1: y[0] - dy / 2,
        y2: y[1] + dy / 2,
        fill: Plot.identity,
        stroke: "none",
        // -1 takes in the whole frame, so no part of it is left without a colour
        thresholds: Array.from({ length: steps }, (_, i) => (i === 0 ? -1 : i / steps)),
        clip: true,
      }),
      Plot.dot(dots, {
        r: dots.length > 1500 ? 0.8 : dots.length > 300 ? 1.2 : 2,
        fill: "#ffffff",
        fillOpacity: dots.length > 1500 ? 0.4 : 0.6,
        stroke: "none",
        clip: true,
      }),
      Plot.frame({ stroke: "currentColor", strokeOpacity: 0.6 }),
    ],
  })
  const colorScale = plot.scale("color")!
  const color = (unit: number): string => colorScale.apply(unit) as string
  const shown = `Dots: ${dots.length < total ? `${formatCount(dots.length)} of ` : ""}${formatCount(total)} data points.`
  const caption = [options.caption, total > 0 ? shown : undefined].filter(Boolean).join(" ")
  return page(
    { ...options, caption },
    Math.max(frameWidth + left + right, 480),
    frameHeight + bottom + 6,
    (offset, top) => [
      place(plot, offset, top),
      colorBar({
        x: offset + left + frameWidth + 14,
        y: top + 6,
        height: frameHeight,
        steps,
        color,
        level,
        label: labels.density ?? "density",
      }),
    ],
  )
}
