/**
 * A law: a statement about every subject of a kind, and a check that says by how much it is kept.
 */
import type { Precision } from "./judge/Judge.ts"

/**
 * How much a law weighs.
 *
 * - `"required"`: a subject that breaks it gives wrong results
 * - `"recommended"`: a subject that breaks it gives wrong results at the rim, or is awkward to compose
 * - `"extra"`: worth knowing
 */
export type Grade = "required" | "recommended" | "extra"

/**
 * What a check found, at the worst place it looked at.
 *
 * **Details**
 *
 * - `measured`, `tolerance`: kept when `measured ≤ tolerance`; a `measured` of NaN never is
 * - `detail`: the place and the two numbers that disagree
 * - `inconclusive`: set when rounding hides the answer here, with the reason; neither kept nor broken
 *
 * @category models
 */
export interface Measurement {
  readonly measured: number
  readonly tolerance: number
  readonly detail?: string
  readonly inconclusive?: string
}

/**
 * A law. `check` is pure: it registers nothing, prints nothing, and needs no test runner.
 *
 * **Details**
 *
 * - `applies(subject)`: whether the law says anything about it, such as monotone only where declared
 * - `check(subject, sample)`: runs in a tidy scope, on TensorFlow.js' current backend or, in float64, on the traced graph
 * - `precision`: the arithmetic in which it measures, named in its name too; none for laws of yes and no
 * - `call`: code that shows what breaks, for counterexamples; a subject's `code` puts its names in scope
 *
 * @category models
 */
export interface Law<in Subject, in Case> {
  readonly name: string
  readonly grade: Grade
  readonly precision?: Precision
  readonly statement: string
  readonly applies: (subject: Subject) => boolean
  readonly check: (subject: Subject, sample: Case) => Measurement
  readonly call: string
  /** The most cases worth their time, for an expensive check. */
  readonly most?: number
}

/**
 * Whether a measurement keeps its law.
 *
 * ```ts
 * import { holds } from "@pushforward/laws"
 *
 * holds({ measured: Number.NaN, tolerance: 1 }) // => false
 * ```
 */
export const holds = ({ measured, tolerance }: Measurement): boolean => measured <= tolerance
