import { Schema } from "effect"

/**
 * A model folder that cannot be read or written.
 *
 * @category errors
 */
export class ModelError extends Schema.TaggedError<ModelError>()("ModelError", {
  file: Schema.String,
  problem: Schema.String,
  hint: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message(): string {
    return `${this.file}: ${this.problem}. ${this.hint}`
  }
}
