/**
 * Masks: which weights of a dense layer are kept. A mask is `[in, out]`, row-major, 1 for a kept connection.
 */
import type { Degrees } from "./degrees.ts"
import type { Dependencies } from "./dependencies.ts"

/** A 0/1 matrix over a layer's weights. */
export interface Mask {
  readonly shape: readonly [rows: number, columns: number]
  readonly values: Float32Array
}

/** Entry by entry; rows of one degree are alike, and so are columns that follow each other with one degree. */
const maskOf = (from: Degrees, to: Degrees, keep: (from: number, to: number) => boolean): Mask => {
  const values = new Float32Array(from.length * to.length)
  const firstRow = new Map<number, number>()
  from.forEach((a, row) => {
    const at = row * to.length
    const same = firstRow.get(a)
    if (same !== undefined) {
      values.copyWithin(at, same, same + to.length)
      return
    }
    firstRow.set(a, at)
    to.forEach((b, column) => {
      values[at + column] =
        column > 0 && b === to[column - 1] ? values[at + column - 1]! : Number(keep(a, b))
    })
  })
  return { shape: [from.length, to.length], values }
}

/** From the inputs, `features` times one after the other, into units of these degrees: a unit sees the inputs of its set. */
export const inputMask = ({ levels, sets }: Dependencies, to: Degrees, features = 1): Mask => {
  const seen = sets.map((set) => new Set(set))
  const inputs = Array.from({ length: features * levels.length }, (_, k) => k % levels.length)
  return maskOf(inputs, to, (input, degree) => seen[degree]!.has(input))
}

/**
 * From units into units: one that sees a set of inputs may feed those that see them all (MADE, eqs. 13-14, where
 * dimension `i` of an order has the degree of what comes before it).
 */
export const unitMask = ({ sets }: Dependencies, from: Degrees, to: Degrees): Mask => {
  const seen = sets.map((set) => new Set(set))
  return maskOf(
    from,
    to,
    (a, b) => sets[a]!.length <= sets[b]!.length && sets[a]!.every((input) => seen[b]!.has(input)),
  )
}
