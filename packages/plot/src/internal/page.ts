import { parseHTML } from "linkedom"
import { formatTick, wrapText } from "./format.ts"
import { theme } from "./theme.ts"

/** The words around a picture. */
export interface PageText {
  readonly title: string
  readonly subtitle?: string | undefined
  readonly caption?: string | undefined
}

/** A document to draw in: the same one in Node and in browsers, so pictures are the same. */
const document: Document = /* @__PURE__ */ parseHTML("<html><body></body></html>").document

const namespace = "http://www.w3.org/2000/svg"

export const element = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: ReadonlyArray<Element | string>
): SVGElement => {
  const node = document.createElementNS(namespace, name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value))
  node.append(...children)
  return node
}

/** Places a plot of Observable Plot at a point, without its style sheet (which would reach the whole page). */
export const place = (plot: Element, x: number, y: number): Element => {
  for (const style of plot.querySelectorAll("style")) style.remove()
  for (const name of ["class", "style", "xmlns:xlink"]) plot.removeAttribute(name)
  plot.setAttribute("x", String(x))
  plot.setAttribute("y", String(y))
  plot.setAttribute("font-family", theme.font)
  plot.setAttribute("fill", "currentColor")
  plot.setAttribute("color", theme.ink)
  plot.setAttribute("overflow", "visible")
  return plot
}

/** What every plot of Observable Plot is drawn with. */
export const plotBase = {
  document,
  style: { fontFamily: theme.font, fontSize: `${theme.smallSize}px` },
} as const

export const axis = (label: string | null, ticks?: number) =>
  ({
    label,
    labelAnchor: "center",
    labelArrow: "none",
    tickFormat: formatTick,
    ...(ticks === undefined ? {} : { ticks }),
  }) as const

/** Unique ids within a web page that holds several pictures, and the same ones for the same picture. */
const nameIds = (svg: string): string => {
  let order = 0
  const seen = new Map<string, string>()
  const ordered = svg.replace(/plot-clip-\d+/g, (id) => {
    if (!seen.has(id)) seen.set(id, `plot-clip-${++order}`)
    return seen.get(id)!
  })
  let hash = 0x811c9dc5 // FNV-1a
  for (let i = 0; i < ordered.length; i++)
    hash = Math.imul(hash ^ ordered.charCodeAt(i), 0x01000193) >>> 0
  return ordered.replaceAll("plot-clip-", `clip-${hash.toString(36)}-`)
}

const margin = 24

/**
 * Sets a body of a given size between title and caption; returns the SVG text.
 * `draw` gets the left and top of the body.
 */
export const page = (
  text: PageText,
  width: number,
  height: number,
  draw: (left: number, top: number) => ReadonlyArray<Element>,
): string => {
  const parts: Array<Element> = []
  let y = margin
  const write = (words: string, size: number, fill: string, weight: string): void => {
    for (const line of wrapText(words, width - 2 * margin, size)) {
      y += size
      parts.push(
        element(
          "text",
          { x: margin, y, "font-size": size, "font-weight": weight, fill, "text-anchor": "start" },
          line,
        ),
      )
      y += Math.round(size * 0.35)
    }
  }
  write(text.title, theme.titleSize, theme.ink, "bold")
  if (text.subtitle !== undefined) {
    y += 2
    write(text.subtitle, theme.textSize, theme.muted, "normal")
  }
  y += 14
  parts.push(...draw(0, y))
  y += height
  if (text.caption !== undefined && text.caption !== "") {
    y += 8
    write(text.caption, theme.smallSize, theme.muted, "normal")
  }
  y += 14
  const total = Math.round(y)
  const svg = element(
    "svg",
    {
      xmlns: namespace,
      width,
      height: total,
      viewBox: `0 0 ${width} ${total}`,
      "font-family": theme.font,
      role: "img",
    },
    element("title", {}, text.title),
    element("rect", { width, height: total, fill: theme.background }),
    ...parts,
  )
  return nameIds(svg.outerHTML)
}
