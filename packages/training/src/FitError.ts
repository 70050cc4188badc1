import { Schema } from "effect"

/**
 * Training that cannot start or go on.
 *
 * @category errors
 */
export class FitError extends Schema.TaggedError<FitError>()("FitError", {
  reason: Schema.Literals(["BadOptions", "TooFewRows", "Diverged"]),
  problem: Schema.String,
  hint: Schema.String,
}) {
  override get message(): string {
    return `fit: ${this.problem}. ${this.hint}`
  }
}
