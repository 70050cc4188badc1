import type { Measurement } from "../Law.ts"

type Numbers = ArrayLike<number>

/** The default tolerance of float32 laws. */
export const defaultTolerance = 1e-4

/** Rounding of float32 in one unit at magnitude one, times a margin for some dozens of operations. */
export const rounding = 64 * 2 ** -23

/** The distance of two numbers; equal infinities are at none, and a NaN is at NaN from everything. */
const distance = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b))

/** A few digits, for details. */
export const digits = (x: number): string => String(Number(x.toPrecision(7)))

/**
 * The worst element: `got[i]` against `expected[i]`, each with its own allowance. An allowance of NaN makes an element
 * inconclusive.
 */
export const compare = (
  got: Numbers,
  expected: Numbers,
  allowance: (i: number) => number,
  what: string,
): Measurement => {
  if (got.length !== expected.length) {
    return failure(`${what}: ${got.length} numbers where ${expected.length} belong`)
  }
  let worst: Measurement = { measured: 0, tolerance: 0 }
  let ratio = -1
  for (let i = 0; i < got.length; i++) {
    const tolerance = allowance(i)
    if (Number.isNaN(tolerance)) continue
    const measured = distance(got[i]!, expected[i]!)
    const own = Number.isNaN(measured) ? Infinity : measured / tolerance
    if (own > ratio) {
      ratio = own
      worst = {
        measured,
        tolerance,
        detail: `${what}: element ${i} is ${digits(got[i]!)}, expected ${digits(expected[i]!)}`,
      }
    }
  }
  return ratio < 0 && got.length > 0
    ? inconclusive("every element is too badly conditioned for float32")
    : worst
}

/** The default allowance: `1e-4` relative to the larger of one and the expected magnitude. */
export const relative =
  (expected: Numbers, tolerance = defaultTolerance) =>
  (i: number): number =>
    tolerance * Math.max(1, Number.isFinite(expected[i]!) ? Math.abs(expected[i]!) : 1)

/** A flat failure, for laws of yes and no. */
export const failure = (detail: string): Measurement => ({ measured: 1, tolerance: 0, detail })

/** A flat success. */
export const success: Measurement = { measured: 0, tolerance: 0 }

/** Neither. */
export const inconclusive = (reason: string): Measurement => ({
  measured: 0,
  tolerance: 0,
  inconclusive: reason,
})

/** Success, or the number of violations with the first. */
export const violations = (found: ReadonlyArray<string>): Measurement =>
  found.length === 0 ? success : { measured: found.length, tolerance: 0, detail: found[0]! }

const excess = (m: Measurement): number => {
  if (m.inconclusive !== undefined) return -1
  if (Number.isNaN(m.measured)) return Infinity
  return m.measured === 0 ? 0 : m.measured / m.tolerance
}

/** Of several measurements the one furthest beyond its tolerance, or nearest to it. */
export const worstOf = (measurements: ReadonlyArray<Measurement>): Measurement =>
  measurements.reduce((a, b) => (excess(b) > excess(a) ? b : a), measurements[0] ?? success)
