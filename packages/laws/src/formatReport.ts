/**
 * Reports as text, for terminals and test failures.
 */
import { digits } from "./internal/compare.ts"
import type { LawReport } from "./runLaws.ts"
import type { VerifyReport } from "./verifyModule.ts"

const indent = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line === "" ? "" : `    ${line}`))
    .join("\n")

/** What broke, by how much, and code that shows it. */
export const formatFailure = (report: LawReport): string =>
  [
    `${report.subject} breaks ${report.law}: ${report.statement}`,
    `  measured ${digits(report.measured)}, tolerance ${digits(report.tolerance)}` +
      (report.detail === undefined ? "" : `; ${report.detail}`),
    ...(report.counterexample === undefined
      ? []
      : [`  Paste this to see it:`, ``, indent(report.counterexample)]),
  ].join("\n")

const scale = ({ measured, tolerance }: LawReport): string =>
  tolerance === 0
    ? measured === 0
      ? ""
      : digits(measured)
    : `${measured.toExponential(1)} of ${tolerance.toExponential(1)}`

/** One line per law of a subject, aligned: mark, law, what was measured of what is allowed. */
const lines = (reports: ReadonlyArray<LawReport>): ReadonlyArray<string> => {
  const width = Math.max(...reports.map((r) => r.law.length))
  return reports.map((r) => {
    const mark = r.ok ? "ok  " : r.grade === "required" ? "FAIL" : "warn"
    return `  ${mark}  ${r.law.padEnd(width)}  ${scale(r).padEnd(18)}  ${r.statement}`.trimEnd()
  })
}

/**
 * A report as text: one aligned line per law under each subject, then every counterexample.
 *
 * ```ts
 * import { formatReport, verifyModule } from "@pushforward/laws"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * formatReport(verifyModule({})).split("\n")[0] // => "No plugins found among the exports."
 * ```
 *
 * @category runners
 */
export const formatReport = (report: VerifyReport): string => {
  const subjects = [...new Set(report.laws.map((r) => r.subject))]
  const broken = report.laws.filter((r) => !r.ok)
  const required = broken.filter((r) => r.grade === "required").length
  return [
    ...(report.plugins.length === 0 ? ["No plugins found among the exports."] : []),
    ...subjects.flatMap((subject) => [
      subject,
      ...lines(report.laws.filter((r) => r.subject === subject)),
      "",
    ]),
    ...report.problems.map((problem) => `FAIL  ${problem}`),
    ...broken.flatMap((r) => [formatFailure(r), ""]),
    `${report.plugins.length} plugins, ${subjects.length} subjects, ${report.laws.length} laws: ` +
      (report.ok
        ? broken.length === 0
          ? "all hold"
          : `all required laws hold, ${broken.length} others do not`
        : `${required + report.problems.length} broken`),
  ].join("\n")
}
