/** One look for all pictures. The font is the one `renderPng` ships, so text is as wide everywhere. */
export const theme = {
  font: "DejaVu Sans, Verdana, sans-serif",
  background: "#ffffff",
  ink: "#1f2933",
  muted: "#616e7c",
  faint: "#cbd2d9",
  /** What the data are drawn in, and what the model. */
  data: "#7b8794",
  model: "#c2410c",
  series: ["#2166ac", "#c2410c", "#1b7837", "#762a83", "#b8860b", "#4d4d4d"],
  titleSize: 20,
  textSize: 13,
  smallSize: 11,
} as const

/** The colour of the `i`-th of several series, counted from 0. */
export const seriesColor = (i: number): string => theme.series[i % theme.series.length]!
