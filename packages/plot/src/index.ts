/**
 * Pictures of densities and samples as SVG and PNG.
 *
 * @since 0.1.0
 */
export { type Curve, curvePlot, type CurvePlotOptions } from "./curvePlot.ts"
export { type DensityGrid, densityPlot, type DensityPlotOptions } from "./densityPlot.ts"
export { histogramPlot, type HistogramPlotOptions } from "./histogramPlot.ts"
export { type PageText } from "./internal/page.ts"
export { networkPlot, type NetworkPlotOptions } from "./networkPlot.ts"
export { type NumberTable, pairsPlot, type PairsPlotOptions } from "./pairsPlot.ts"
export { profilePlot, type ProfilePlotOptions } from "./profilePlot.ts"
export { spreadPlot, type SpreadPlotOptions, type SpreadSeries } from "./spreadPlot.ts"
export { renderPng } from "./renderPng.ts"
