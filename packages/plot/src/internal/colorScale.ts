import { formatTick } from "./format.ts"
import { element } from "./page.ts"
import { theme } from "./theme.ts"

/** From values `0..max` to `0..1`, and the values at which a legend has ticks. */
export interface Level {
  readonly toUnit: (value: number) => number
  readonly fromUnit: (unit: number) => number
  readonly ticks: ReadonlyArray<number>
}

const candidates = (low: number, high: number): Array<number> => {
  const found: Array<number> = []
  for (let power = Math.ceil(Math.log10(high)); power >= Math.floor(Math.log10(low)); power--)
    for (const digit of [1, 5, 2]) found.push(digit * 10 ** power)
  return found
    .filter((value) => value >= low * 0.999 && value <= high * 1.001)
    .toSorted((a, b) => Number(isPower(b)) - Number(isPower(a)) || b - a)
}

const isPower = (value: number): boolean => Number.isInteger(Number(Math.log10(value).toFixed(6)))

/** The colour scale's shape: `linear`, `sqrt`, or `log` over `decades` powers of ten below the maximum. */
export const makeLevel = (kind: "linear" | "sqrt" | "log", max: number, decades: number): Level => {
  const floor = max * 10 ** -decades
  const power = kind === "sqrt" ? 0.5 : 1
  const toUnit =
    kind === "log"
      ? (value: number) => (value <= floor ? 0 : Math.min(1, 1 + Math.log10(value / max) / decades))
      : (value: number) => Math.max(0, Math.min(1, value / max)) ** power
  const fromUnit =
    kind === "log"
      ? (unit: number) => max * 10 ** ((unit - 1) * decades)
      : (unit: number) => max * unit ** (1 / power)
  const ticks = kind === "log" ? [] : [0]
  for (const value of candidates(kind === "log" ? floor : max / 200, max))
    if (ticks.every((tick) => Math.abs(toUnit(tick) - toUnit(value)) > 0.085)) ticks.push(value)
  return { toUnit, fromUnit, ticks }
}

/** A colour bar of steps, with ticks on its right and a label beside it. */
export const colorBar = (options: {
  readonly x: number
  readonly y: number
  readonly height: number
  readonly steps: number
  readonly color: (unit: number) => string
  readonly level: Level
  readonly label: string
}): Element => {
  const { color, height, label, level, steps, x, y } = options
  const width = 14
  const bar = Array.from({ length: steps }, (_, i) =>
    element("rect", {
      x,
      y: (y + height * (1 - (i + 1) / steps)).toFixed(2),
      width,
      height: (height / steps + (i > 0 ? 0.5 : 0)).toFixed(2),
      fill: color((i + 0.5) / steps),
    }),
  )
  const ticks = level.ticks.flatMap((value) => {
    const at = Number((y + height * (1 - level.toUnit(value))).toFixed(2))
    return [
      element("line", { x1: x + width, x2: x + width + 4, y1: at, y2: at, stroke: theme.ink }),
      element(
        "text",
        { x: x + width + 8, y: at, dy: "0.35em", "font-size": theme.smallSize, fill: theme.ink },
        formatTick(value),
      ),
    ]
  })
  const middle = y + height / 2
  const side = x + width + 66
  return element(
    "g",
    { "aria-label": "color legend" },
    ...bar.toReversed(),
    ...ticks,
    element(
      "text",
      {
        transform: `translate(${side},${middle}) rotate(-90)`,
        "text-anchor": "middle",
        "font-size": theme.smallSize,
        fill: theme.ink,
      },
      label,
    ),
  )
}
