import * as Plot from "@observablehq/plot"
import { chart, lineLegend } from "./internal/chart.ts"
import { checkFinite, checkLength, checkSame } from "./internal/check.ts"
import { extent, pad } from "./internal/extent.ts"
import { axis, type PageText } from "./internal/page.ts"
import { seriesColor, theme } from "./internal/theme.ts"

/**
 * One line of a `spreadPlot`: several numbers at each place.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpreadSeries {
  readonly name: string
  readonly x: ArrayLike<number>
  readonly samples: ReadonlyArray<ReadonlyArray<number>>
}

/**
 * What `spreadPlot` draws; `width` in pixels, else 760.
 *
 * **Details**
 *
 * - `places`: names of the places 1, 2, … along x, which then stand by themselves, without lines between them
 * - `scale` of the y axis: `linear`, or `symlog`, logarithmic above 0.01 and below −0.01; else `linear`
 *
 * @category models
 * @since 0.1.0
 */
export interface SpreadPlotOptions extends PageText {
  readonly series: ReadonlyArray<SpreadSeries>
  readonly labels: { readonly x: string; readonly y: string }
  readonly places?: ReadonlyArray<string> | undefined
  readonly scale?: "linear" | "symlog" | undefined
  readonly width?: number | undefined
}

/** Where a `symlog` scale goes from linear to logarithmic, and its ticks. */
const linearUpTo = 0.01
const decades = [0.01, 0.1, 1, 10, 100, 1000].flatMap((tick) => [-tick, tick]).concat(0)

/**
 * Draws how repeated measurements spread: a line through the means, bars of a standard deviation to either side, and each
 * measurement as a dot. Returns SVG.
 *
 * **Details**
 *
 * - Shapes: per series `x: [n]`, `samples: [n]` lists of one number or more
 * - Throws: `RangeError` for no series, an empty one, or numbers that are not finite
 *
 * **Example** (Three seeds at two places)
 *
 * ```ts
 * import { spreadPlot } from "@pushforward/plot"
 *
 * const svg = spreadPlot({
 *   title: "Log-likelihood against layers",
 *   labels: { x: "layers", y: "nats" },
 *   series: [{ name: "hidden 64", x: [1, 5], samples: [[-2, -2.1, -2.2], [-1.5, -1.9, -1.6]] }]
 * })
 * svg.includes("hidden 64") // => true
 * ```
 *
 * @category plots
 * @since 0.1.0
 */
export const spreadPlot = (options: SpreadPlotOptions): string => {
  const { labels, series, places: names, scale = "linear" } = options
  const where = "spreadPlot"
  checkLength(where, "series", series.length, 1)
  for (const { name, x, samples } of series) {
    checkLength(where, `series "${name}"`, x.length, 1)
    checkSame(where, `x of "${name}"`, `samples of "${name}"`, x.length, samples.length)
    checkFinite(where, `x of "${name}"`, x)
    for (const sample of samples) {
      checkLength(where, `a sample of "${name}"`, sample.length, 1)
      checkFinite(where, `a sample of "${name}"`, sample)
    }
  }
  const room = names ? 4.2 * Math.max(...names.map((name) => name.length)) : 0
  const points = series.map(({ x, samples }) =>
    samples.map((sample, k) => ({ x: x[k]!, ...spreadOf(sample) })),
  )
  const all = points.flat().flatMap(({ low, high }) => [low, high])
  const places = [...new Set(series.flatMap(({ x }) => Array.from(x)))].toSorted((a, b) => a - b)
  const range = extent(all, ...series.flatMap(({ samples }) => samples))
  const [low, high] = range
  return chart(options, {
    legend: lineLegend(series),
    room,
    x: {
      domain: pad(extent(places), 0.03),
      ...axis(labels.x, 8),
      // A few places are named themselves: there is nothing between two layers and three.
      ...(places.length <= 12 && { ticks: places }),
      ...(names && {
        ticks: places,
        tickFormat: (at: number) => names[at - 1] ?? "",
        tickRotate: -45,
        labelOffset: 36 + room,
      }),
    },
    y: {
      domain: pad(range, 0.05),
      grid: true,
      ...axis(labels.y, 6),
      ...(scale === "symlog" && {
        type: scale,
        constant: linearUpTo,
        domain: [low - linearUpTo - Math.abs(low) / 2, high + linearUpTo + Math.abs(high) / 2],
        ticks: decades.filter((tick) => tick >= low && tick <= high),
      }),
    },
    marks: [
      Plot.frame({ stroke: theme.faint }),
      ...series.flatMap(({ x, samples }, i) => [
        Plot.dot(
          samples.flatMap((sample, k) => sample.map((y): [number, number] => [x[k]!, y])),
          { fill: seriesColor(i), fillOpacity: 0.45, r: 2.5 },
        ),
        Plot.ruleX(points[i], { x: "x", y1: "low", y2: "high", stroke: seriesColor(i) }),
        ...(names
          ? []
          : [Plot.line(points[i], { x: "x", y: "mean", stroke: seriesColor(i), strokeWidth: 2 })]),
        Plot.dot(points[i], { x: "x", y: "mean", fill: seriesColor(i), r: 4 }),
      ]),
    ],
  })
}

const spreadOf = (sample: ReadonlyArray<number>) => {
  const mean = sample.reduce((sum, y) => sum + y, 0) / sample.length
  const squares = sample.reduce((sum, y) => sum + (y - mean) ** 2, 0)
  const deviation = Math.sqrt(squares / Math.max(1, sample.length - 1))
  return { mean, low: mean - deviation, high: mean + deviation }
}
