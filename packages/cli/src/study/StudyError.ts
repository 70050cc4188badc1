import { Schema } from "effect"

/**
 * A study that cannot begin or go on.
 *
 * @category errors
 */
export class StudyError extends Schema.TaggedError<StudyError>()("StudyError", {
  problem: Schema.String,
  hint: Schema.String,
}) {
  override get message(): string {
    return `study: ${this.problem}. ${this.hint}`
  }
}
