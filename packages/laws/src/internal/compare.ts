import type { Judge } from "../judge/Judge.ts"
import type { Measurement } from "../Law.ts"

type Numbers = ArrayLike<number>

/** The distance of two numbers; equal infinities are at none, and a NaN is at NaN from everything. */
const distance = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b))

/** A few digits, for details. */
export const digits = (x: number, count = 7): string => String(Number(x.toPrecision(count)))

/** As many digits as it takes to tell two numbers apart. */
const toTell = (a: number, b: number): number => {
  const apart = distance(a, b) / Math.max(Math.abs(a), Math.abs(b))
  return apart > 0 && apart < 1e-5 ? Math.min(17, Math.ceil(-Math.log10(apart)) + 2) : 7
}

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
      const count = toTell(got[i]!, expected[i]!)
      const shown = (x: number): string => digits(x, count)
      worst = {
        measured,
        tolerance,
        detail: `${what}: element ${i} is ${shown(got[i]!)}, expected ${shown(expected[i]!)}`,
      }
    }
  }
  return ratio < 0 && got.length > 0
    ? inconclusive("every element is too badly conditioned")
    : worst
}

/** An allowance relative to the larger of one and the expected magnitude. */
export const relative =
  (expected: Numbers, tolerance: number) =>
  (i: number): number =>
    tolerance * Math.max(1, Number.isFinite(expected[i]!) ? Math.abs(expected[i]!) : 1)

/**
 * An allowance: the judge's own plus what conditioning adds. Where conditioning adds more than `judge.most` times the
 * magnitude, the arithmetic cannot tell right from wrong there, and the element is inconclusive (NaN).
 */
export const allow = (
  { tolerance, most }: Judge,
  added: number | undefined,
  expected: number,
): number => {
  const magnitude = Math.max(1, Math.abs(expected))
  return added !== undefined && added <= most * magnitude
    ? tolerance * magnitude + added
    : Number.NaN
}

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
