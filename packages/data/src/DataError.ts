/**
 * The one error of this package: what was wrong with the data, what was expected, how to mend it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * Every way in which data can be unusable.
 *
 * @category models
 * @since 0.1.0
 */
export const DataErrorReason = /* @__PURE__ */ Schema.Literals([
  "MissingFile",
  "Unreadable",
  "Unwritable",
  "EmptyFile",
  "Ragged",
  "MissingColumn",
  "DuplicateColumn",
  "NoNumericColumns",
  "NotANumber",
  "NotFinite",
  "TooFewRows",
  "ConstantColumn",
  "DependentColumn",
])

/**
 * @category models
 * @since 0.1.0
 */
export type DataErrorReason = typeof DataErrorReason.Type

/**
 * Unusable data.
 *
 * **Details**
 *
 * - `reason`: what kind of problem, to match on
 * - `problem`, `expected`, `hint`: the three parts of `message`, which is always one line
 * - `path`: the file, when there is one
 * - `column`: the column at fault, when there is one
 * - `rows`: the first rows at fault; file lines counted from 1, as an editor shows them, when `path` or
 *   text was read; indices counted from 0 when the rows were given in memory
 *
 * **Example** (Reading the message)
 *
 * ```ts
 * import { DataError } from "@pushforward/data"
 *
 * new DataError({
 *   reason: "TooFewRows",
 *   problem: "the table has 1 row",
 *   expected: "2 rows or more",
 *   hint: "Add rows."
 * }).message // => "the table has 1 row; expected 2 rows or more. Add rows."
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class DataError extends Schema.TaggedError<DataError>()("DataError", {
  reason: DataErrorReason,
  problem: Schema.String,
  expected: Schema.String,
  hint: Schema.String,
  path: Schema.optionalKey(Schema.String),
  column: Schema.optionalKey(Schema.String),
  rows: Schema.optionalKey(Schema.Array(Schema.Int)),
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message(): string {
    const where = this.path === undefined ? "" : `${this.path}: `
    return `${where}${this.problem}; expected ${this.expected}. ${this.hint}`.replace(/\s+/g, " ")
  }
}
