/**
 * Laws as tests of any runner that has `describe` and `it`: vitest, jest, mocha, `node:test`.
 */
import { formatFailure } from "./formatReport.ts"
import type { Law } from "./Law.ts"
import { lawsOn, runLaws, type RunOptions } from "./runLaws.ts"
import type { Subject } from "./Subject.ts"

/** The two functions that every test runner has. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: () => void) => unknown
}

/**
 * Registers one test for each subject and law that applies to it. A broken required law fails its test with the
 * counterexample; so does a broken recommended one. `options.except` leaves pairs out.
 *
 * ```ts
 * import { combinatorPlugins, makeRegistry } from "@pushforward/core"
 * import { bijectorLaws, registerLaws, subjectsOf } from "@pushforward/laws"
 * import { Result } from "effect"
 *
 * const registry = Result.getOrThrow(makeRegistry(combinatorPlugins))
 * const names: Array<string> = []
 * // In a test file: import { describe, it } from "vitest"
 * const runner = { describe: (name: string, body: () => void) => body(), it: (name: string) => names.push(name) }
 * registerLaws(runner, subjectsOf(combinatorPlugins[0]!, registry), bijectorLaws)
 * names[1] // => "round-trip-inverse (float32): inverse(forward(x)) = x"
 * ```
 *
 * @category runners
 */
export const registerLaws = <C, S extends Subject<C>>(
  { describe, it }: TestRunner,
  subjects: ReadonlyArray<S>,
  laws: ReadonlyArray<Law<S, C>>,
  options: RunOptions & { readonly except?: (subject: S, law: Law<S, C>) => boolean } = {},
): void => {
  for (const subject of subjects) {
    describe(subject.name, () => {
      for (const law of lawsOn(subject, laws, options)) {
        if (options.except?.(subject, law)) continue
        it(`${law.name}: ${law.statement}`, () => {
          for (const report of runLaws(subject, [law], options)) {
            if (!report.ok) throw new Error(formatFailure(report))
          }
        })
      }
    })
  }
}
