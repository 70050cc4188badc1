import * as Plot from "@observablehq/plot"
import { binCount, binValues } from "./internal/bins.ts"
import { checkFinite, checkLength } from "./internal/check.ts"
import { pad, quantileExtent } from "./internal/extent.ts"
import { formatTick } from "./internal/format.ts"
import { legendRow, type LegendEntry } from "./internal/legendRow.ts"
import { element, page, place, plotBase, type PageText } from "./internal/page.ts"
import { theme } from "./internal/theme.ts"
import { thin } from "./internal/thin.ts"

/**
 * Rows of numbers, as `Table` of `@pushforward/data`: `values` is row-major, `[rows, columns.length]`.
 *
 * @category models
 * @since 0.1.0
 */
export interface NumberTable {
  readonly columns: ReadonlyArray<string>
  readonly rows: number
  readonly values: Float64Array | Float32Array
}

/**
 * What `pairsPlot` draws: `data` beside `samples` of the same columns. `maxPoints` per panel, else 800; `names` for
 * the legend, else `data` and `model samples`; `width` in pixels, else 900.
 *
 * @category models
 * @since 0.1.0
 */
export interface PairsPlotOptions extends PageText {
  readonly data: NumberTable
  readonly samples?: NumberTable | undefined
  readonly names?: { readonly data: string; readonly samples: string } | undefined
  readonly maxPoints?: number | undefined
  readonly width?: number | undefined
}

const where = "pairsPlot"
/** More columns would make panels too small to read. */
const mostColumns = 6

const columnOf = ({ columns, rows, values }: NumberTable, j: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => values[i * columns.length + j]!)

const checkTable = (what: string, table: NumberTable): void => {
  checkLength(where, `${what}.columns`, table.columns.length, 1)
  checkLength(where, what, table.rows, 1)
  for (let j = 0; j < table.columns.length; j++)
    checkFinite(where, `column "${table.columns[j]}" of ${what}`, columnOf(table, j))
}

/**
 * Draws every pair of columns: data below the diagonal, samples of the model above, both distributions on it;
 * returns SVG.
 *
 * **When to use**
 *
 * Use to see whether samples of a model look like the data, in three to six dimensions. The upper half should be the
 * lower one mirrored.
 *
 * **Details**
 *
 * - Of more than six columns the first six are drawn, and the caption says so
 * - Each axis spans all but the outermost 0.2 % of data and samples at each end, so one stray value spoils no panel
 * - Without `samples`, data are drawn above the diagonal too
 * - Throws: `RangeError` for no rows, not finite numbers, or samples of other columns
 *
 * **Example** (Three columns)
 *
 * ```ts
 * import { pairsPlot } from "@pushforward/plot"
 *
 * const data = { columns: ["a", "b", "c"], rows: 2, values: Float64Array.of(1, 2, 3, 4, 5, 7) }
 * pairsPlot({ title: "Three columns", data, samples: data }).startsWith("<svg") // => true
 * ```
 *
 * @category plots
 * @since 0.1.0
 */
export const pairsPlot = (options: PairsPlotOptions): string => {
  const { data, maxPoints = 800, samples, width = 900 } = options
  const names = options.names ?? { data: "data", samples: "model samples" }
  checkTable("data", data)
  if (samples !== undefined) {
    checkTable("samples", samples)
    if (samples.columns.join("\n") !== data.columns.join("\n"))
      throw new RangeError(
        `${where}: samples have the columns ${samples.columns.join(", ")}; expected ${data.columns.join(", ")}. Select the same columns.`,
      )
  }
  const shown = data.columns.slice(0, mostColumns)
  const d = shown.length
  const ours = shown.map((_, j) => columnOf(data, j))
  const theirs = samples === undefined ? undefined : shown.map((_, j) => columnOf(samples, j))
  const domains = shown.map((_, j) => {
    const spans = [ours[j]!, ...(theirs === undefined ? [] : [theirs[j]!])].map((values) =>
      quantileExtent(values, 0.002),
    )
    return pad([Math.min(...spans.map((s) => s[0])), Math.max(...spans.map((s) => s[1]))], 0.06)
  })
  const left = 82
  const bottom = 52
  const gap = 8
  const legendHeight = 30
  const cell = Math.floor((width - left - 24 - gap * (d - 1)) / d)

  const panel = (row: number, col: number): Element => {
    const first = col === 0
    const last = row === d - 1
    const ticks = { ticks: Math.max(2, Math.round(cell / 65)), tickFormat: formatTick, label: null }
    const onDiagonal = row === col
    const marks: Array<Plot.Markish> = [Plot.frame({ stroke: theme.faint })]
    let yDomain = domains[row]!
    if (onDiagonal) {
      const count = Math.min(40, binCount(ours[col]!, domains[col]!))
      const bins = binValues(ours[col]!, domains[col]!, count)
      const other = theirs && binValues(theirs[col]!, domains[col]!, count)
      yDomain = [0, Math.max(...bins.heights, ...(other?.heights ?? [])) * 1.08]
      marks.push(
        Plot.rect(bins.heights, {
          x1: (_: number, i: number) => bins.edges[i]!,
          x2: (_: number, i: number) => bins.edges[i + 1]!,
          y1: 0,
          y2: Plot.identity,
          fill: theme.series[0],
          fillOpacity: 0.35,
        }),
      )
      if (other !== undefined)
        marks.push(
          Plot.line(
            Array.from(other.edges, (x, i): [number, number] => [
              x,
              other.heights[Math.min(i, count - 1)]!,
            ]),
            { curve: "step-after", stroke: theme.model, strokeWidth: 1.5 },
          ),
        )
    } else {
      const above = row < col && theirs !== undefined
      const source = above ? theirs : ours
      const [xs, ys] = [source[col]!, source[row]!]
      const [[x1, x2], [y1, y2]] = [domains[col]!, domains[row]!]
      marks.push(
        Plot.dot(
          thin(xs.length, maxPoints)
            .map((i): [number, number] => [xs[i]!, ys[i]!])
            .filter(([x, y]) => x >= x1 && x <= x2 && y >= y1 && y <= y2),
          {
            r: cell > 180 ? 1.3 : 1,
            fill: above ? theme.model : theme.series[0],
            fillOpacity: 0.45,
            stroke: "none",
          },
        ),
      )
    }
    return Plot.plot({
      ...plotBase,
      width: cell + (first ? left : 0),
      height: cell + (last ? bottom : 0),
      marginLeft: first ? left : 0,
      marginRight: 0,
      marginTop: 0,
      marginBottom: last ? bottom : 0,
      x: { domain: domains[col]!, axis: last ? "bottom" : null, ...ticks },
      y: { domain: yDomain, axis: first && !onDiagonal ? "left" : null, ...ticks },
      marks,
    })
  }

  const legend: Array<LegendEntry> = [{ name: names.data, color: theme.series[0], mark: "dot" }]
  if (samples !== undefined) legend.push({ name: names.samples, color: theme.model, mark: "dot" })
  const more = data.columns.length > d ? `Columns 1 to ${d} of ${data.columns.length}.` : undefined
  const caption = [options.caption, more].filter(Boolean).join(" ")
  const height = legendHeight + d * cell + (d - 1) * gap + bottom
  return page({ ...options, caption }, width, height, (x0, y0) => {
    const parts: Array<Element> = [legendRow(legend, x0 + left, y0 + 8)]
    const label = (text: string, x: number, y: number, turn: number): Element =>
      element(
        "text",
        {
          transform: `translate(${x},${y}) rotate(${turn})`,
          "text-anchor": "middle",
          "font-size": theme.textSize,
          "font-weight": "bold",
          fill: theme.ink,
        },
        text,
      )
    for (let row = 0; row < d; row++)
      for (let col = 0; col < d; col++) {
        const x = x0 + left + col * (cell + gap)
        const y = y0 + legendHeight + row * (cell + gap)
        parts.push(place(panel(row, col), x - (col === 0 ? left : 0), y))
        if (col === 0) parts.push(label(shown[row]!, x0 + 24, y + cell / 2, -90))
        if (row === d - 1) parts.push(label(shown[col]!, x + cell / 2, y + cell + 42, 0))
      }
    return parts
  })
}
