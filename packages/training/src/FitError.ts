import { Schema } from "effect"

/**
 * Training that cannot start or go on. `Checkpoint`: one that cannot be read, written, or is of another fit.
 *
 * @category errors
 */
export class FitError extends Schema.TaggedError<FitError>()("FitError", {
  reason: Schema.Literals(["BadOptions", "TooFewRows", "Diverged", "Checkpoint"]),
  problem: Schema.String,
  hint: Schema.String,
}) {
  override get message(): string {
    return `fit: ${this.problem}. ${this.hint}`
  }
}
