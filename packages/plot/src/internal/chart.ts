import * as Plot from "@observablehq/plot"
import { legendRow, type LegendEntry } from "./legendRow.ts"
import { page, place, plotBase, type PageText } from "./page.ts"
import { seriesColor } from "./theme.ts"

/** What stands in a chart; `room`, in pixels, is kept free below it for long names of ticks. */
export interface ChartParts extends Required<Pick<Plot.PlotOptions, "x" | "y" | "marks">> {
  readonly legend: ReadonlyArray<LegendEntry>
  readonly room?: number
}

/** The height of the legend above, and the plot's distance from the left. */
const top = 30
const left = 76

/** One plot between a legend and its page's words, `width` wide, else 760 pixels; as SVG. */
export const chart = (
  options: PageText & { readonly width?: number | undefined },
  { legend, room = 0, x, y, marks }: ChartParts,
): string => {
  const { width = 760 } = options
  const height = Math.round(width * 0.52) + room
  const plot = Plot.plot({
    ...plotBase,
    width,
    height,
    marginLeft: left,
    marginRight: 24,
    marginTop: 6,
    marginBottom: 46 + room,
    x,
    y,
    marks,
  })
  return page(options, width, height + top, (pageLeft, pageTop) => [
    legendRow(legend, pageLeft + left, pageTop + 10),
    place(plot, pageLeft, pageTop + top),
  ])
}

/** A legend of lines, in the series' colours. */
export const lineLegend = (
  series: ReadonlyArray<{ readonly name: string }>,
): ReadonlyArray<LegendEntry> =>
  series.map(({ name }, i) => ({ name, color: seriesColor(i), mark: "line" }))
