import { foldKey, type RandomKey, uniformValues } from "@pushforward/core"
import type { Table } from "@pushforward/data"
import type { Rows } from "@pushforward/training"
import { Schema } from "effect"
import { unwhiten, whiten, whiteningLogDet } from "./whitening.ts"

const PositiveFinite = Schema.Finite.check(Schema.isGreaterThan(0))

/**
 * The bijector between the user's units and the flow's, column by column.
 *
 * It is part of the density, but is computed on the host in float64: a longitude of −114.064987 has no room for its last
 * digits in float32.
 *
 * **Details**
 *
 * - `x = z · scale + shift`, `log |dz/dx| = −log scale`
 * - A column with `tails` is compressed first, `v = asinh((x − center)/width)`, so that a Cauchy's tails become
 *   exponential ones and an outlier stays in sight; `log |dv/dx| = −log width − ½ log(1 + ((x − center)/width)²)`
 * - A column with `ties` is modelled with noise, uniform and `noise` wide, half of it to either side: the density scored is
 *   that of the column with noise, at `x`. Draws are rounded to the column's `lattice` if it has one, 0, ±1, ±2, … steps
 *   from its origin
 * - `whitening` is a lower triangular matrix that takes away what columns share in a linear way, after all else:
 *   `z = W u` with `u` the standardised columns; `log |det dz/du| = Σ log Wᵢᵢ`
 *
 * @category models
 */
export const Standardization = Schema.Struct({
  shift: Schema.Array(Schema.Finite),
  scale: Schema.Array(PositiveFinite),
  tails: Schema.optionalKey(
    Schema.Array(Schema.NullOr(Schema.Struct({ center: Schema.Finite, width: PositiveFinite }))),
  ),
  ties: Schema.optionalKey(
    Schema.Array(
      Schema.NullOr(
        Schema.Struct({
          noise: PositiveFinite,
          lattice: Schema.NullOr(Schema.Struct({ origin: Schema.Finite, step: PositiveFinite })),
        }),
      ),
    ),
  ),
  whitening: Schema.optionalKey(Schema.Array(Schema.Array(Schema.Finite))),
})
export type Standardization = typeof Standardization.Type

/** How columns are compressed, and how their ties are broken. */
export type ColumnChoices = Pick<Standardization, "tails" | "ties">

/** Mean and standard deviation of each column, after its tails are compressed. */
export const standardizationOf = (
  { values, rows, columns }: Table,
  choices: ColumnChoices = {},
): Standardization => {
  const width = columns.length
  const shift = Array.from({ length: width }, () => 0)
  const squares = Array.from({ length: width }, () => 0)
  // Welford's update: exact for columns far from zero.
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < width; j++) {
      const value = compressed(choices, j, values[i * width + j]!)
      const delta = value - shift[j]!
      shift[j]! += delta / (i + 1)
      squares[j]! += delta * (value - shift[j]!)
    }
  }
  return { shift, scale: squares.map((sum) => Math.sqrt(sum / rows)), ...choices }
}

const compressed = ({ tails }: ColumnChoices, column: number, x: number): number => {
  const tail = tails?.[column]
  return tail ? Math.asinh((x - tail.center) / tail.width) : x
}

/** From the user's units to the flow's. */
export const standardize = (
  standardization: Standardization,
  { values, rows, columns }: Table,
): Rows => {
  const { shift, scale, whitening } = standardization
  const width = columns.length
  const u = values.map((x, i) => {
    const j = i % width
    return (compressed(standardization, j, x) - shift[j]!) / scale[j]!
  })
  return {
    shape: [rows, width],
    dtype: "float32",
    values: Float32Array.from(whitening ? mapRows(u, width, (row) => whiten(whitening, row)) : u),
  }
}

/** From the flow's units to the user's, onto the lattice of columns that have one. */
export const unstandardize = (standardization: Standardization, rows: Rows): Float64Array => {
  const { ties, whitening } = standardization
  const width = rows.shape[1]!
  const u = whitening
    ? mapRows(rows.values, width, (row) => unwhiten(whitening, row))
    : Float64Array.from(rows.values)
  return u.map((value, i) => {
    const x = unstandardized(standardization, i % width, value)
    const tie = ties?.[i % width]
    if (!tie?.lattice) return x
    const { origin, step } = tie.lattice
    // The digits that decimals keep: 7.3 is 8.2 less nine steps of 0.1, but for rounding.
    return Number((origin + step * Math.round((x - origin) / step)).toPrecision(15))
  })
}

const mapRows = (
  values: Float32Array | Float64Array,
  width: number,
  change: (row: ArrayLike<number>) => ReadonlyArray<number>,
): Float64Array => {
  const changed = new Float64Array(values.length)
  for (let at = 0; at < values.length; at += width) {
    changed.set(change(values.subarray(at, at + width)), at)
  }
  return changed
}

const unstandardized = (
  { shift, scale, tails }: Standardization,
  column: number,
  z: number,
): number => {
  const v = z * scale[column]! + shift[column]!
  const tail = tails?.[column]
  return tail ? tail.center + tail.width * Math.sinh(v) : v
}

/** `log |det dz/dx|` from the user's units to the flow's at each row, in nats. */
export const logDetsOf = (
  { scale, tails = [], whitening }: Standardization,
  { values, rows, columns }: Table,
): Float64Array => {
  const width = columns.length
  const constant =
    (whitening ? whiteningLogDet(whitening) : 0) - scale.reduce((sum, s) => sum + Math.log(s), 0)
  const compressing = tails.flatMap((tail, j) => (tail ? [{ ...tail, j }] : []))
  return Float64Array.from({ length: rows }, (_, i) =>
    compressing.reduce(
      (sum, { center, width: spread, j }) =>
        sum -
        Math.log(spread) -
        Math.log(Math.hypot(1, (values[i * width + j]! - center) / spread)),
      constant,
    ),
  )
}

/** Uniform noise for every value of so many rows, half as wide as it is to either side; none for columns without ties. */
const noiseOf = (
  { ties = [] }: Standardization,
  key: RandomKey,
  rows: number,
  width: number,
): Float64Array => {
  const noise = new Float64Array(rows * width)
  ties.forEach((tie, j) => {
    if (!tie) return
    const uniform = uniformValues(foldKey(key, j), rows)
    for (let i = 0; i < rows; i++) noise[i * width + j] = tie.noise * (uniform[i]! - 0.5)
  })
  return noise
}

const hasTies = ({ ties }: Standardization): boolean => ties?.some((tie) => tie !== null) ?? false

/** A table with its ties broken, in the user's units. */
export const breakTies = (
  standardization: Standardization,
  table: Table,
  key: RandomKey,
): Table => {
  if (!hasTies(standardization)) return table
  const noise = noiseOf(standardization, key, table.rows, table.columns.length)
  return { ...table, values: table.values.map((x, i) => x + noise[i]!) }
}

/** How batches get fresh noise, in the flow's units; absent without ties. */
export const tieBreaker = (
  standardization: Standardization,
): ((rows: Rows, key: RandomKey) => Rows) | undefined => {
  if (!hasTies(standardization)) return undefined
  const { scale, shift, tails, ties, whitening } = standardization
  const compressedTies = ties!.some((tie, j) => tie && tails?.[j])
  return (rows, key) => {
    const width = rows.shape.at(-1)!
    const noise = noiseOf(standardization, key, rows.values.length / width, width)
    // What noise does to a compressed value depends on the value.
    const u =
      whitening && compressedTies
        ? mapRows(rows.values, width, (row) => unwhiten(whitening, row))
        : rows.values
    const moved = noise.map((n, i) => {
      const j = i % width
      if (!ties![j]) return 0
      if (!tails?.[j]) return n / scale[j]!
      const x = unstandardized(standardization, j, u[i]!) + n
      return (compressed(standardization, j, x) - shift[j]!) / scale[j]! - u[i]!
    })
    const added = whitening ? mapRows(moved, width, (row) => whiten(whitening, row)) : moved
    return { ...rows, values: rows.values.map((z, i) => z + added[i]!) }
  }
}
