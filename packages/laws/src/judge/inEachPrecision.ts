import type { Law, Measurement } from "../Law.ts"
import { float32 } from "./float32.ts"
import { float64 } from "./float64.ts"
import type { Judge, Precision } from "./Judge.ts"

/**
 * A law that measures, before it is said in which arithmetic.
 *
 * **Details**
 *
 * - `check(subject, sample, judge)`: computes with `judge.run` alone, and allows what `judge` allows
 * - `call`: for each precision, code that shows what breaks
 * - `most`: the most cases worth their time, where that is fewer in one precision
 *
 * @category models
 */
export interface MeasuringLaw<in Subject, in Case> extends Omit<
  Law<Subject, Case>,
  "check" | "call" | "precision" | "most"
> {
  readonly call: Readonly<Record<Precision, string>>
  readonly most?: Partial<Readonly<Record<Precision, number>>>
  readonly check: (subject: Subject, sample: Case, judge: Judge) => Measurement
}

/** Puts a measuring law to each judge: one law in float32, and one in float64 of what can be `traced`. */
export const inEachPrecision = <S, C>(
  law: MeasuringLaw<S, C>,
  traced: (subject: S) => boolean,
): ReadonlyArray<Law<S, C>> =>
  [float32, float64].map((judge) => ({
    ...law,
    most: law.most?.[judge.precision] ?? Infinity,
    name: `${law.name} (${judge.precision})`,
    precision: judge.precision,
    call: law.call[judge.precision],
    applies: (subject) => law.applies(subject) && (judge !== float64 || traced(subject)),
    check: (subject, sample) => law.check(subject, sample, judge),
  }))

/** Code that shows tensors in float64; `make()` builds the subject. */
export const shownInFloat64 = (
  subject: "bijector" | "distribution",
  tensors: ReadonlyArray<string>,
  given: ReadonlyArray<string> = [],
): string =>
  [
    `const shown = inFloat64(() => {`,
    `  const ${subject} = make()`,
    ...given.map((line) => `  ${line}`),
    `  return [${tensors.join(", ")}]`,
    `}, [])`,
  ].join("\n")

/** Code that shows two tensors that should be the same, computed from the subject after the statements `given`. */
export const sideBySide = (
  subject: "bijector" | "distribution",
  got: string,
  expected: string,
  given: ReadonlyArray<string> = [],
): Readonly<Record<Precision, string>> => ({
  float32: [...given, `${got}.print() // expected:`, `${expected}.print()`].join("\n"),
  float64:
    `${shownInFloat64(subject, [got, expected], given)}\n` +
    `console.log(shown[0]!.values) // expected:\nconsole.log(shown[1]!.values)`,
})
