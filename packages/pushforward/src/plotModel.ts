import { type Backend, type BackendError, makeKey } from "@pushforward/core"
import { column, type DataError, joinColumns, select, type Table } from "@pushforward/data"
import { Effect, Result } from "effect"
import { evenRows } from "./evenRows.ts"
import type { FittedModel } from "./FittedModel.ts"
import { sampleTable, scoreTable } from "./openModel.ts"

/** Points along each axis of a density. */
const resolution = { line: 400, plane: 160 }

/** How many rows or draws a picture uses at most. */
const shown = 4000

/** All but the outermost 0.2 % of values, and a margin of 4 % of their width. */
const extentOf = (values: Float64Array): readonly [low: number, high: number] => {
  const sorted = values.toSorted()
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!
  const [low, high] = [at(0.002), at(0.998)]
  const margin = 0.04 * (high - low) || 1
  return [low - margin, high + margin]
}

const axisOf = (values: Float64Array, points: number): Float64Array => {
  const [low, high] = extentOf(values)
  return Float64Array.from({ length: points }, (_, i) => low + ((high - low) * i) / (points - 1))
}

const isLonLat = ([x, y]: ReadonlyArray<string>): boolean =>
  /^(lon|lng|long|longitude)$/i.test(x ?? "") && /^(lat|latitude)$/i.test(y ?? "")

const densities = (
  model: FittedModel,
  rows: number,
  values: Float64Array,
): Effect.Effect<Float64Array, DataError | BackendError, Backend> =>
  Effect.map(scoreTable(model, { columns: model.columns, rows, values }), (scores) =>
    scores.map(Math.exp),
  )

const nats = (value: number): string => value.toFixed(3)

const listed = (columns: ReadonlyArray<string>): string =>
  columns.length <= 4 ? columns.join(", ") : `${columns.length} columns`

const wordsOf = ({ columns, context, record }: FittedModel) => ({
  title: `Density of ${listed(columns)}${context ? ` given ${listed(context.columns)}` : ""}`,
  subtitle:
    `held-out log-likelihood ${nats(record.heldOutLogLikelihood)} ± ${nats(record.standardError)} nats per row, ` +
    `a Gaussian's ${nats(record.gaussianLogLikelihood)}`,
})

/**
 * A picture of a model as SVG: with one column a curve over a histogram, with two a density map under the points, with
 * more every pair of columns of data beside samples. Of a conditional model every pair of columns, context included, of
 * data beside draws in the same contexts.
 *
 * @param data rows to draw; without them, draws of the model. A conditional model needs them, for their contexts
 */
export const plotModel = (
  model: FittedModel,
  data?: Table,
): Effect.Effect<string, DataError | BackendError, Backend> =>
  Effect.gen(function* () {
    // Pictures need a document of their own: loaded only when one is drawn.
    const { densityPlot, histogramPlot, pairsPlot } = yield* Effect.promise(
      () => import("@pushforward/plot"),
    )
    const { columns } = model
    const words = wordsOf(model)
    if (model.context) {
      const few = data && evenRows(data, shown)
      const draws = yield* sampleTable(model, 1, makeKey(0), few)
      const contexts = yield* Effect.fromResult(select(few!, model.context.columns))
      return pairsPlot({
        ...words,
        data: yield* Effect.fromResult(select(few!, [...columns, ...contexts.columns])),
        samples: yield* Effect.fromResult(joinColumns(draws, contexts)),
      })
    }
    const samples = yield* sampleTable(model, shown, makeKey(0))
    const rows = data ? yield* Effect.fromResult(select(data, columns)) : samples
    const values = columns.map((name) => Result.getOrThrow(column(rows, name)))

    if (columns.length === 1) {
      const x = axisOf(values[0]!, resolution.line)
      const y = yield* densities(model, x.length, x)
      return histogramPlot({
        ...words,
        values: values[0]!,
        density: { x, y },
        labels: { x: columns[0]!, density: `density per ${columns[0]}` },
        names: { data: data ? "data" : "samples", model: "model" },
      })
    }
    if (columns.length === 2) {
      const [x, y] = values.map((v) => axisOf(v, resolution.plane)) as [Float64Array, Float64Array]
      const grid = Float64Array.from({ length: 2 * x.length * y.length }, (_, k) => {
        const cell = k >> 1
        return k % 2 === 0 ? x[cell % x.length]! : y[Math.floor(cell / x.length)]!
      })
      const lonLat = isLonLat(columns)
      return densityPlot({
        ...words,
        density: { x, y, values: yield* densities(model, grid.length / 2, grid) },
        points: { x: values[0]!, y: values[1]! },
        labels: {
          x: lonLat ? "longitude (degrees)" : columns[0]!,
          y: lonLat ? "latitude (degrees)" : columns[1]!,
          density: lonLat ? "density per square degree" : "density",
        },
        aspect: lonLat ? "lonlat" : "fill",
        maxPoints: shown,
      })
    }
    return pairsPlot({ ...words, data: rows, samples })
  })
