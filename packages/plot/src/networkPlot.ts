import { checkSame } from "./internal/check.ts"
import { element, page, type PageText } from "./internal/page.ts"
import { seriesColor, theme } from "./internal/theme.ts"

/**
 * What `networkPlot` draws: what stands in the `units` of each layer, from the inputs to the outputs, such as their degrees,
 * and a mask between each layer and the next, `[in, out]`, row-major, 1 for a connection that is kept. `width` in pixels,
 * else 900.
 *
 * @category models
 * @since 0.1.0
 */
export interface NetworkPlotOptions extends PageText {
  readonly units: ReadonlyArray<ReadonlyArray<string | number>>
  readonly masks: ReadonlyArray<{
    readonly shape: readonly [rows: number, columns: number]
    readonly values: ArrayLike<number>
  }>
  readonly width?: number | undefined
}

const where = "networkPlot"
/** More units in a layer would leave no room for what stands in them. */
const mostUnits = 24
const side = 24
const layerDistance = 92
const headHeight = 26

const check = ({ units, masks }: NetworkPlotOptions): void => {
  if (units.length < 2)
    throw new RangeError(
      `${where}: units has ${units.length} layers; expected inputs and outputs at least.`,
    )
  checkSame(where, "masks", "units, but for the inputs,", masks.length, units.length - 1)
  units.forEach((layer, l) => {
    if (layer.length < 1 || layer.length > mostUnits)
      throw new RangeError(
        `${where}: layer ${l} has ${layer.length} units; expected 1 to ${mostUnits}. Draw a smaller network.`,
      )
  })
  masks.forEach(({ shape, values }, l) => {
    const [rows, columns] = [units[l]!.length, units[l + 1]!.length]
    if (shape[0] !== rows || shape[1] !== columns || values.length !== rows * columns)
      throw new RangeError(
        `${where}: mask ${l} has the shape [${shape.join(", ")}] and ${values.length} values; expected [${rows}, ${columns}], ` +
          `the units on its two sides.`,
      )
  })
}

const text = (
  words: string | number,
  x: number,
  y: number,
  options: { readonly size?: number; readonly fill?: string; readonly weight?: string } = {},
): Element =>
  element(
    "text",
    {
      x,
      y,
      dy: "0.35em",
      "text-anchor": "middle",
      "font-size": options.size ?? theme.smallSize,
      "font-weight": options.weight ?? "normal",
      fill: options.fill ?? theme.ink,
    },
    String(words),
  )

/** What a layer is called: by its place. */
const nameOf = (layer: number, layers: number): string =>
  layer === 0 ? "inputs" : layer === layers - 1 ? "outputs" : `hidden ${layer}`

/**
 * Draws a masked network as the paper that introduced it does: all connections, those that the masks keep, and the masks
 * themselves; returns SVG.
 *
 * **Details**
 *
 * - Inputs are at the bottom, outputs on top; a kept connection is coloured by the layer that it leads to
 * - A mask's rows are the units that it leads from, its columns those that it leads to; black is kept
 * - Throws: `RangeError` for more than 24 units in a layer, or masks that do not fit the units
 *
 * **Example** (Three inputs, four hidden units)
 *
 * ```ts
 * import { masksOf, structure } from "@pushforward/made"
 * import { networkPlot } from "@pushforward/plot"
 *
 * const of = structure({ size: 3, hidden: [4] })
 * const { levels } = of.dependencies
 * const svg = networkPlot({
 *   title: "A masked autoencoder",
 *   units: [levels, ...of.hidden, levels],
 *   masks: masksOf(of),
 * })
 * svg.includes("hidden 1") // => true
 * ```
 *
 * @category plots
 * @since 0.1.0
 */
export const networkPlot = (options: NetworkPlotOptions): string => {
  check(options)
  const { units, masks, width = 900 } = options
  const layers = units.length
  const half = width / 2
  const netHeight = headHeight + 40 + (layers - 1) * layerDistance
  const colorOf = (layer: number): string => seriesColor(layer - 1)

  const network = (left: number, top: number, title: string, masked: boolean): Array<Element> => {
    // Room for the layers' names on the left.
    const [from, to] = [left + 96, left + half - 24]
    const xOf = (layer: number, unit: number): number =>
      from + ((unit + 0.5) / units[layer]!.length) * (to - from)
    const yOf = (layer: number): number => top + netHeight - 30 - layer * layerDistance
    const radius = Math.min(13, ...units.map((layer) => ((to - from) / layer.length) * 0.45))
    const lines = masks.flatMap(({ shape: [rows, columns], values }, l) =>
      Array.from({ length: rows * columns }, (_, k) => [Math.floor(k / columns), k % columns])
        .filter((_, k) => !masked || values[k])
        .map(([a, b]) =>
          element("line", {
            x1: xOf(l, a!).toFixed(1),
            y1: yOf(l).toFixed(1),
            x2: xOf(l + 1, b!).toFixed(1),
            y2: yOf(l + 1).toFixed(1),
            stroke: masked ? colorOf(l + 1) : theme.data,
            "stroke-width": 1,
            "stroke-opacity": masked ? 0.7 : 0.45,
          }),
        ),
    )
    const marks = units.flatMap((layer, l) => [
      text(nameOf(l, layers), left + 52, yOf(l), { fill: theme.muted }),
      ...layer.flatMap((label, u) => [
        element("circle", {
          cx: xOf(l, u).toFixed(1),
          cy: yOf(l).toFixed(1),
          r: radius.toFixed(1),
          fill: theme.background,
          stroke: masked && l > 0 ? colorOf(l) : theme.ink,
          "stroke-width": 1.5,
        }),
        // Without its masks a network has no degrees.
        ...(masked || l === 0 || l === layers - 1 ? [text(label, xOf(l, u), yOf(l))] : []),
      ]),
    ])
    const head = text(title, (from + to) / 2, top + 8, { size: theme.textSize, weight: "bold" })
    return [head, element("g", { "aria-label": title }, ...lines, ...marks)]
  }

  const room = (width - 48) / masks.length - 56
  const cell = Math.min(side, ...units.slice(1).map((layer) => room / layer.length))
  const tallest = Math.max(...units.slice(0, -1).map((layer) => layer.length))
  const gridHeight = headHeight + 34 + tallest * cell

  const grid = (mask: (typeof masks)[number], l: number, centre: number, top: number): Element => {
    const [rows, columns] = mask.shape
    const [x0, y0] = [centre - (columns * cell) / 2, top + headHeight + 20]
    const size = Math.min(theme.smallSize, cell * 0.7)
    return element(
      "g",
      { "aria-label": `mask ${l + 1}` },
      text(`${nameOf(l, layers)} → ${nameOf(l + 1, layers)}`, centre, top + 8, {
        size: theme.textSize,
        weight: "bold",
        fill: colorOf(l + 1),
      }),
      ...Array.from({ length: rows * columns }, (_, k) =>
        element("rect", {
          x: (x0 + (k % columns) * cell).toFixed(1),
          y: (y0 + Math.floor(k / columns) * cell).toFixed(1),
          width: cell.toFixed(1),
          height: cell.toFixed(1),
          fill: mask.values[k] ? theme.ink : theme.background,
          stroke: theme.faint,
        }),
      ),
      ...units[l]!.map((label, i) =>
        text(label, x0 - 12, y0 + (i + 0.5) * cell, { size, fill: theme.muted }),
      ),
      ...units[l + 1]!.map((label, j) =>
        text(label, x0 + (j + 0.5) * cell, y0 - 9, { size, fill: theme.muted }),
      ),
    )
  }

  return page(options, width, netHeight + gridHeight, (left, top) => [
    ...network(left, top, "all connections", false),
    ...network(left + half, top, "what the masks keep", true),
    ...masks.map((mask, l) =>
      grid(mask, l, left + 24 + ((l + 0.5) / masks.length) * (width - 48), top + netHeight),
    ),
  ])
}
