/**
 * Failures at the edges, as tagged errors: what was wrong, what was expected, how to mend.
 */
import { Schema } from "effect"

/**
 * A spec that cannot be compiled.
 *
 * ```ts
 * import { SpecError } from "@pushforward/core"
 *
 * new SpecError({ path: ["layers", "0", "mask"], expected: "3 booleans", actual: "4", hint: "Remove one." }).message
 * // => "layers.0.mask: expected 3 booleans, got 4. Remove one."
 * ```
 *
 * @category errors
 */
export class SpecError extends Schema.TaggedError<SpecError>()("SpecError", {
  path: Schema.Array(Schema.String),
  expected: Schema.String,
  actual: Schema.String,
  hint: Schema.String,
}) {
  override get message(): string {
    return `${this.path.join(".") || "spec"}: expected ${this.expected}, got ${this.actual}. ${this.hint}`
  }
}

/**
 * Two plugins of one kind with one tag.
 *
 * @category errors
 */
export class DuplicateTagError extends Schema.TaggedError<DuplicateTagError>()(
  "DuplicateTagError",
  {
    kind: Schema.String,
    tag: Schema.String,
  },
) {
  override get message(): string {
    return (
      `registry: expected one ${this.kind} with the tag "${this.tag}", got two. ` +
      `Give one of them another tag, or leave it out.`
    )
  }
}

/**
 * An engine that is missing what it needs, or failed while running.
 *
 * @category errors
 */
export class BackendError extends Schema.TaggedError<BackendError>()("BackendError", {
  backend: Schema.String,
  problem: Schema.String,
  hint: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message(): string {
    return `backend ${this.backend}: ${this.problem}. ${this.hint}`
  }
}
