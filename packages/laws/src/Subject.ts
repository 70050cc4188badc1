/**
 * What laws are about, and the cases they are checked on.
 */
import type * as fc from "fast-check"

/** Code that makes a subject: import lines, then statements that end in a `layer` or a `distribution`. */
export interface SetUp {
  readonly imports: ReadonlyArray<string>
  readonly statements: ReadonlyArray<string>
}

/**
 * A subject with its own source of cases.
 *
 * **Details**
 *
 * - `cases`: made of a seed and sizes, so that fast-check shrinks them
 * - `simpler(sample)`: cases like this one with fewer rows or rounder numbers, simplest first
 * - `code(sample, call)`: a complete module that shows `call` failing on this case
 *
 * @category models
 */
export interface Subject<Case> {
  readonly name: string
  readonly cases: fc.Arbitrary<Case>
  readonly simpler: (sample: Case) => ReadonlyArray<Case>
  readonly code: (sample: Case, call: string) => string
}
