import { element } from "./page.ts"
import { theme } from "./theme.ts"

export interface LegendEntry {
  readonly name: string
  readonly color: string
  readonly mark: "line" | "box" | "dot"
}

/** One row of marks and names. Widths are estimated: 0.62 em a letter. */
export const legendRow = (entries: ReadonlyArray<LegendEntry>, x: number, y: number): Element => {
  let at = x
  const parts = entries.flatMap(({ color, mark, name }) => {
    const sign =
      mark === "line"
        ? element("line", {
            x1: at,
            x2: at + 18,
            y1: y,
            y2: y,
            stroke: color,
            "stroke-width": 2.5,
          })
        : mark === "box"
          ? element("rect", { x: at + 3, y: y - 6, width: 12, height: 12, fill: color })
          : element("circle", { cx: at + 9, cy: y, r: 4, fill: color })
    const text = element(
      "text",
      { x: at + 24, y, dy: "0.35em", "font-size": theme.textSize, fill: theme.ink },
      name,
    )
    at += 24 + name.length * theme.textSize * 0.62 + 20
    return [sign, text]
  })
  return element("g", { "aria-label": "legend" }, ...parts)
}
