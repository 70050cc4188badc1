import { Schema } from "effect"

/**
 * Training that cannot start or go on.
 *
 * **Details**
 *
 * - `Diverged`: the loss was no number, or exploded, again and again; `origin` says where, if one place can be named
 * - `Checkpoint`: one that cannot be read, written, or is of another fit
 *
 * @category errors
 */
export class FitError extends Schema.TaggedError<FitError>()("FitError", {
  reason: Schema.Literals(["BadOptions", "TooFewRows", "Diverged", "Checkpoint"]),
  problem: Schema.String,
  hint: Schema.String,
  origin: Schema.optionalKey(
    Schema.Struct({
      where: Schema.Literals(["data", "context", "layer", "density", "gradient"]),
      row: Schema.optionalKey(Schema.Int),
      column: Schema.optionalKey(Schema.Int),
      layer: Schema.optionalKey(Schema.String),
    }),
  ),
}) {
  override get message(): string {
    return `fit: ${this.problem}. ${this.hint}`
  }
}
